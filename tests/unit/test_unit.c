/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What paths of control groups say: the forms of systemd and of container engines, and paths of
 * strangers. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "model/unit.h"

#include "guard.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define POD "12345678-9abc-def0-1234-56789abcdef0"
#define POD_SLICE "12345678_9abc_def0_1234_56789abcdef0"

/* "unit uid runtime:container pod" of a path, "-" for what it does not say. */
static const char *said_of(const char *path, size_t len)
{
	static char text[1024];
	struct unit unit;
	const char *word;
	size_t n;

	unit_parse(guard_copy(path, len), len, &unit);
	word = unit_runtime_word(&unit);
	n = (size_t)snprintf(text, sizeof(text), "%.*s ", unit.name ? (int)unit.name_len : 1,
			     unit.name ? unit.name : "-");
	n += (size_t)(unit.has_uid ? snprintf(text + n, sizeof(text) - n, "%u ", unit.uid)
				   : snprintf(text + n, sizeof(text) - n, "- "));
	if (unit.container_len > 0)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s:%.*s ", word ? word : "",
				      unit.container_len, unit.container);
	else
		n += (size_t)snprintf(text + n, sizeof(text) - n, "- ");
	if (unit.container_len == 0)
		cr_assert_null(word);
	snprintf(text + n, sizeof(text) - n, "%.*s", unit.pod_len ? unit.pod_len : 1,
		 unit.pod_len ? unit.pod : "-");
	return text;
}

static void check(const char *path, const char *expected)
{
	cr_expect_str_eq(said_of(path, strlen(path)), expected, "%s: %s", path,
			 said_of(path, strlen(path)));
}

Test(unit, of_the_system)
{
	check("/system.slice/nginx.service", "nginx.service - - -");
	check("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service - - -");
	check("/system.slice/system-modprobe.slice", "system-modprobe.slice - - -");
	check("/system.slice/dbus.socket", "dbus.socket - - -");
	check("/system.slice/run-user-1000.mount", "run-user-1000.mount - - -");
	check("/system.slice/dev-disk-by\\x2duuid-1.swap", "dev-disk-by\\x2duuid-1.swap - - -");
	check("/init.scope", "init.scope - - -");
	check("/system.slice/_cpu.service", "cpu.service - - -");
	check("/system.slice/__x.service", "_x.service - - -");
	check("/system.slice", "system.slice - - -");
	check("system.slice//nginx.service/", "nginx.service - - -");
	check("/", "- - - -");
	check("", "- - - -");
}

Test(unit, of_users)
{
	check("/user.slice/user-1000.slice/session-3.scope", "session-3.scope 1000 - -");
	check("/user.slice/user-1000.slice/user@1000.service", "user@1000.service 1000 - -");
	check("/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope 1000 - -");
	check("/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service",
	      "foo.service 1000 - -");
	check("/user.slice/user-1000.slice/user@1000.service/app.slice/app-a.slice/b.scope/c.scope",
	      "b.scope 1000 - -");
	check("/user.slice/user-1000.slice/user@1000.service/app.slice", "app.slice 1000 - -");
	check("/user.slice/user-0.slice/session-1.scope", "session-1.scope 0 - -");
	/* Nobody else's manager. */
	check("/user.slice/user-1000.slice/user@0.service/a.service", "user@0.service 1000 - -");
	check("/system.slice/user@0.service/a.service", "user@0.service - - -");
	check("/x/user.slice/user-1000.slice/session-3.scope", "- - - -");
	check("/user.slice/user-.slice/a.service", "a.service - - -");
	check("/user.slice/user-4294967296.slice/a.service", "a.service - - -");
	check("/user.slice/user-01x.slice/a.service", "a.service - - -");
}

/* Who is given a group names what is below it; none of that is a unit or container of this host. */
Test(unit, names_of_others_do_not_count)
{
	check("/system.slice/mine.service/ssh.service", "mine.service - - -");
	check("/system.slice/mine.service/system.slice/ssh.service", "mine.service - - -");
	check("/system.slice/docker-" ID ".scope/system.slice/ssh.service",
	      "docker-" ID ".scope - docker:" ID " -");
	check("/system.slice/docker-" ID ".scope/kubelet.slice/kubelet-kubepods.slice/"
	      "kubelet-kubepods-pod" POD_SLICE ".slice/cri-containerd-" ID2 ".scope",
	      "docker-" ID ".scope - docker:" ID " -");
	check("/docker/" ID "/docker/" ID2, "- - docker:" ID " -");
	check("/lxc.payload.web/system.slice/ssh.service", "- - lxc:web -");
	check("/x/ssh.service", "- - - -");
}

Test(unit, of_containers)
{
	check("/system.slice/docker-" ID ".scope", "docker-" ID ".scope - docker:" ID " -");
	check("/docker/" ID, "- - docker:" ID " -");
	check("/system.slice/docker.service", "docker.service - - -");
	check("/machine.slice/libpod-" ID ".scope/container",
	      "libpod-" ID ".scope - podman:" ID " -");
	check("/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope - - -");
	check("/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope",
	      "libpod-" ID ".scope - podman:" ID " -");
	check("/libpod_parent/libpod-" ID, "- - podman:" ID " -");
	check("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
	      "libpod-" ID ".scope 1000 podman:" ID " -");
	check("/user.slice/user-7.slice/user@7.service/app.slice/redis.service/libpod-payload-" ID,
	      "redis.service 7 podman:" ID " -");
	check("/system.slice/nerdctl-" ID ".scope", "nerdctl-" ID ".scope - containerd:" ID " -");
	check("/default/" ID, "- - :" ID " -");
	check("/docker/buildkit/abcdefghijklmnopqrstuvwx0",
	      "- - buildkit:abcdefghijklmnopqrstuvwx0 -");
	check("/system.slice/docker-abcdefghijklmnopqrstuvwx0.scope",
	      "docker-abcdefghijklmnopqrstuvwx0.scope - buildkit:abcdefghijklmnopqrstuvwx0 -");
	check("/lxc/web 1", "- - lxc:web 1 -");
	check("/lxc/101/ns/system.slice/ssh.service", "- - lxc:101 -");
	check("/lxc.payload/web", "- - lxc:web -");
	check("/lxc.monitor.web", "- - - -");
	check("/machine.slice/machine-web\\x2d1.scope",
	      "machine-web\\x2d1.scope - machine:web-1 -");
	check("/machine.slice/systemd-nspawn@web\\x2d1.service/payload/system.slice/ssh.service",
	      "systemd-nspawn@web\\x2d1.service - nspawn:web-1 -");
	check("/machine.slice/machine-a\\x2.scope", "machine-a\\x2.scope - machine:a\\x2 -");
}

Test(unit, of_pods)
{
	check("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_SLICE
	      ".slice/cri-containerd-" ID ".scope",
	      "cri-containerd-" ID ".scope - containerd:" ID " " POD);
	check("/kubepods.slice/kubepods-pod" POD_SLICE ".slice/crio-" ID ".scope",
	      "crio-" ID ".scope - crio:" ID " " POD);
	check("/kubepods.slice/kubepods-pod" POD_SLICE ".slice/crio-conmon-" ID ".scope",
	      "crio-conmon-" ID ".scope - - " POD);
	check("/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" POD_SLICE ".slice",
	      "kubelet-kubepods-pod" POD_SLICE ".slice - - " POD);
	check("/kubepods/burstable/pod" POD "/" ID, "- - :" ID " " POD);
	check("/kubepods/pod" POD "/crio-" ID, "- - crio:" ID " " POD);
	check("/kubepods/besteffort/pod0123456789abcdef0123456789abcdef/" ID,
	      "- - :" ID " 0123456789abcdef0123456789abcdef");
	check("/pod" POD "/" ID, "- - :" ID " -");
	check("/kubepods/pod-" POD, "- - - -");
	check("/kubepods/pod12345678-9abc-def0-1234-56789abcdefg", "- - - -");
	check("/kubepods/pod123456789abc-def0-1234-5678-9abcdef01", "- - - -");
}

Test(unit, damaged)
{
	char path[4 + 300 + 8];
	const char *whole = "/user.slice/user-1000.slice/user@1000.service/a.slice/docker-" ID
			    ".scope/kubepods/pod" POD "/x";

	check("/system.slice/.service", "system.slice - - -");
	check("/system.slice/a b.service", "system.slice - - -");
	check("/system.slice/a\033[31m.service", "system.slice - - -");
	check("/system.slice/\xff.service", "system.slice - - -");
	check("/system.slice/a.serviced", "system.slice - - -");
	check("/system.slice/[a].service", "system.slice - - -");
	check("/_", "- - - -");
	check("/docker-.scope", "docker-.scope - - -");
	check("/docker-" ID "0.scope", "docker-" ID "0.scope - - -");
	check("/DOCKER/ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	      "- - - -");
	check("/lxc", "- - - -");
	check("/lxc.payload.", "- - - -");
	check("/lxc.payload.\033]0;x\a", "- - lxc:\033]0;x\a -");
	check("/-pod.slice", "-pod.slice - - -");
	cr_expect_str_eq(said_of("/system.slice/a\0.service", 23), "system.slice - - -");
	/* Every length of a path, and names longer than any the kernel has. */
	for (size_t n = 0; n <= strlen(whole); n++)
		said_of(whole, n);
	memset(path, 'a', sizeof(path));
	memcpy(path, "/lxc.payload.", strlen("/lxc.payload."));
	said_of(path, sizeof(path));
	memcpy(path, "/machine.slice/machine-", strlen("/machine.slice/machine-"));
	memcpy(path + sizeof(path) - 6, ".scope", 6);
	said_of(path, sizeof(path));
}
