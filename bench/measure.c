/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs one command and tells what it took:
 *
 *   measure [--netns PID] [--pipe] [--no-bpf] [--timeout SECONDS] -- COMMAND [ARGUMENT]...
 *
 * writes one line "wall_ns=N user_us=N sys_us=N peak_kib=N status=N lines=N bytes=N". The command
 * runs in the network namespace of process PID, without stdin and stderr; stdout goes to /dev/null,
 * or with --pipe to a pipe that is read and counted. With --no-bpf it has not the capabilities to
 * load programs into the kernel. Status is the exit status, or 128 and the
 * number of the signal; a command that the time limit ended has 137.
 *
 * A program of its own, and a small one: what the kernel calls the peak memory of a child is at
 * least that of the process that forked it, which rules out an interpreter.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child_pid;

struct count {
	unsigned long long lines, bytes;
};

static const struct option options[] = {
	{ "netns", required_argument, NULL, 'n' },
	{ "no-bpf", no_argument, NULL, 'b' },
	{ "pipe", no_argument, NULL, 'p' },
	{ "timeout", required_argument, NULL, 't' },
	{ NULL, 0, NULL, 0 },
};

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void end_child(int number)
{
	(void)number;
	if (child_pid > 0)
		kill(child_pid, SIGKILL);
}

static void enter_netns(const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

/* For all that is executed from now on. */
static void forbid_bpf(void)
{
	static const int capabilities[] = { CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN };

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		if (prctl(PR_CAPBSET_DROP, capabilities[i], 0, 0, 0))
			die("capabilities");
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Reads in large pieces, so that the reader is not what is measured. */
static struct count drain(int fd)
{
	static char buffer[1 << 17];
	struct count count = { 0 };
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0 || (got < 0 && errno == EINTR)) {
		const char *at = buffer;
		const char *end = buffer + (got > 0 ? got : 0);

		count.bytes += (unsigned long long)(end - buffer);
		while ((at = memchr(at, '\n', (size_t)(end - at)))) {
			count.lines++;
			at++;
		}
	}
	return count;
}

__attribute__((noreturn)) static void run_command(char **command, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDERR_FILENO);
	dup2(out >= 0 ? out : null, STDOUT_FILENO);
	execvp(command[0], command);
	_exit(127);
}

static void print_result(long long wall_ns, int status, const struct rusage *used,
			 const struct count *count)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	printf("wall_ns=%lld user_us=%lld sys_us=%lld peak_kib=%ld status=%d lines=%llu bytes=%llu\n",
	       wall_ns, used->ru_utime.tv_sec * 1000000LL + used->ru_utime.tv_usec,
	       used->ru_stime.tv_sec * 1000000LL + used->ru_stime.tv_usec, used->ru_maxrss, code,
	       count->lines, count->bytes);
}

static void measure(char **command, bool to_pipe, unsigned timeout)
{
	struct sigaction alarmed = { .sa_handler = end_child, .sa_flags = SA_RESTART };
	struct count count = { 0 };
	struct rusage used;
	int ends[2] = { -1, -1 }, status;
	long long start;
	pid_t pid;

	if (to_pipe && pipe2(ends, O_CLOEXEC))
		die("pipe");
	sigaction(SIGALRM, &alarmed, NULL);
	start = now_ns();
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		run_command(command, ends[1]);
	child_pid = pid;
	alarm(timeout);
	if (to_pipe) {
		close(ends[1]);
		count = drain(ends[0]);
	}
	if (wait4(pid, &status, 0, &used) != pid)
		die("wait4");
	print_result(now_ns() - start, status, &used, &count);
}

int main(int argc, char **argv)
{
	bool to_pipe = false, no_bpf = false;
	unsigned timeout = 0;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'b':
			no_bpf = true;
			break;
		case 'n':
			enter_netns(optarg);
			break;
		case 'p':
			to_pipe = true;
			break;
		case 't':
			timeout = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		return 2;
	if (no_bpf)
		forbid_bpf();
	measure(argv + optind, to_pipe, timeout);
	return 0;
}
