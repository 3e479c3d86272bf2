/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --kill --yes against a kernel made of a list of sockets. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/env.h"
#include "base/obuf.h"
#include "base/report.h"
#include "kill.h"
#include "model/sock.h"
#include "output/data.h"
#include "output/writer.h"
#include "source/diag_destroy.h"
#include "source/nl_link.h"

enum { DESTROY = 21, DUMP = 20, PORTID = 4711 };

/* A socket of this kernel. */
struct there {
	uint64_t cookie;
	uint8_t proto, family;
	uint16_t local, remote;
	int answer;    /* what destroying it is answered */
	bool stubborn; /* it stays, whatever is answered */
	bool gone;
};

static struct {
	struct there list[16];
	size_t n;
	int always; /* every SOCK_DESTROY is answered so; 0: as each socket says */
	bool stop;  /* a signal asks to end */
	unsigned int n_destroy, n_dumps;
	struct inet_diag_req_v2 last; /* of SOCK_DESTROY */
	uint8_t reply[4096];
	size_t reply_len;
	struct report report;
	int report_fd;
	struct obuf out;
	struct data_run run;
} kernel;

static void say(uint16_t type, uint32_t seq, const void *payload, size_t n)
{
	struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)(sizeof(head) + n),
		.nlmsg_type = type,
		.nlmsg_seq = seq,
		.nlmsg_pid = PORTID,
	};

	cr_assert_leq(kernel.reply_len + sizeof(head) + n, sizeof(kernel.reply));
	memcpy(kernel.reply + kernel.reply_len, &head, sizeof(head));
	memcpy(kernel.reply + kernel.reply_len + sizeof(head), payload, n);
	kernel.reply_len += NLMSG_ALIGN(sizeof(head) + n);
}

/* The kernel finds the first one in that place, and then compares the cookie. */
static int destroy(const struct inet_diag_req_v2 *req)
{
	uint64_t cookie = req->id.idiag_cookie[0] | (uint64_t)req->id.idiag_cookie[1] << 32;

	if (kernel.always)
		return kernel.always;
	for (size_t i = 0; i < kernel.n; i++) {
		struct there *there = &kernel.list[i];

		if (there->gone || there->local != ntohs(req->id.idiag_sport) ||
		    there->remote != ntohs(req->id.idiag_dport))
			continue;
		if (there->cookie != cookie)
			return -ENOENT;
		there->gone = there->answer == 0 && !there->stubborn;
		return there->answer;
	}
	return -ENOENT;
}

static void dump(const struct inet_diag_req_v2 *req, uint32_t seq)
{
	int end = 0;

	for (size_t i = 0; i < kernel.n; i++) {
		const struct there *there = &kernel.list[i];
		struct inet_diag_msg msg = {
			.idiag_family = there->family,
			.idiag_state = there->remote ? 1 : 10,
			.id.idiag_sport = htons(there->local),
			.id.idiag_dport = htons(there->remote),
			.id.idiag_cookie = { (uint32_t)there->cookie,
					     (uint32_t)(there->cookie >> 32) },
		};

		if (!there->gone && there->family == req->sdiag_family &&
		    (there->proto == PROTO_UDP) == (req->sdiag_protocol == IPPROTO_UDP))
			say(DUMP, seq, &msg, sizeof(msg));
	}
	say(NLMSG_DONE, seq, &end, sizeof(end));
}

static int kernel_send(struct nl_link *link, const void *request, size_t len)
{
	struct nlmsghdr head;
	struct inet_diag_req_v2 req;

	(void)link;
	cr_assert_geq(len, sizeof(head) + sizeof(req));
	memcpy(&head, request, sizeof(head));
	memcpy(&req, (const uint8_t *)request + sizeof(head), sizeof(req));
	kernel.reply_len = 0;
	if (head.nlmsg_type == DESTROY) {
		struct nlmsgerr body = { .error = destroy(&req) };

		cr_assert_eq(head.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
		kernel.n_destroy++;
		kernel.last = req;
		say(NLMSG_ERROR, head.nlmsg_seq, &body, sizeof(body));
	} else {
		cr_assert_eq(head.nlmsg_type, DUMP);
		kernel.n_dumps++;
		dump(&req, head.nlmsg_seq);
	}
	return 0;
}

static ssize_t kernel_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
			   uint32_t *from)
{
	size_t n = kernel.reply_len;

	(void)link;
	cr_assert_leq(n, size);
	if (n == 0)
		return -EAGAIN;
	memcpy(buf, kernel.reply, n);
	kernel.reply_len = 0;
	*truncated = false;
	*from = 0;
	return (ssize_t)n;
}

static void kernel_close(struct nl_link *link)
{
	free(link);
}

static int kernel_open(const struct env *env, struct nl_link **out)
{
	(void)env;
	*out = calloc(1, sizeof(**out));
	**out = (struct nl_link){
		.portid = PORTID,
		.send = kernel_send,
		.recv = kernel_recv,
		.close = kernel_close,
	};
	return 0;
}

static int stop_signal(const struct env *env)
{
	(void)env;
	return kernel.stop;
}

static const struct env env = {
	.proc_fd = -ENOENT,
	.diag_open = kernel_open,
	.stop_signal = stop_signal,
};

static void begin(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.report_fd = memfd_create("report", MFD_CLOEXEC);
	report_init(&kernel.report, kernel.report_fd);
	cr_assert_eq(obuf_init_memory(&kernel.out), 0);
	kernel.run.report = &kernel.report;
}

static const char *told(void)
{
	static char text[4096];
	ssize_t n = pread(kernel.report_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Puts a socket there. */
static struct there *add(uint64_t cookie, uint8_t proto, uint16_t local, uint16_t remote)
{
	struct there *there = &kernel.list[kernel.n++];

	*there = (struct there){ .cookie = cookie,
				 .proto = proto,
				 .family = AF_INET,
				 .local = local,
				 .remote = remote };
	return there;
}

/* Its row, as a listing had it. */
static struct sock row_of(const struct there *there)
{
	return (struct sock){
		.has = there->cookie ? SOCK_HAS_COOKIE : 0,
		.proto = there->proto,
		.family = there->family,
		.state = 1,
		.local.port = there->local,
		.remote.port = there->remote,
		.cookie = there->cookie,
	};
}

/* Kills n rows and returns what was written. */
static const char *kill_rows(const struct sock *rows, size_t n, bool json)
{
	static char text[8192];
	const struct kill_config config = {
		.env = &env, .report = &kernel.report, .run = &kernel.run, .json = json
	};
	struct writer *writer = kill_new(&config, &kernel.out);

	cr_assert_eq(writer->begin(writer, SECTION_INET), 0);
	cr_assert_eq(writer->rows(writer, rows, n), 0);
	cr_assert_eq(kernel.n_destroy, 0, "nothing is closed while rows come");
	cr_assert_eq(writer->end(writer), 0);
	writer->free(writer);
	cr_assert_lt(kernel.out.len, sizeof(text));
	memcpy(text, kernel.out.data, kernel.out.len);
	text[kernel.out.len] = '\0';
	return text;
}

static const char *kill_all(void)
{
	struct sock rows[16];

	for (size_t i = 0; i < kernel.n; i++)
		rows[i] = row_of(&kernel.list[i]);
	return kill_rows(rows, kernel.n, false);
}

static void end(int status, const char *words)
{
	cr_assert_eq(report_status(&kernel.report), status, "%s", told());
	if (words)
		cr_assert(strstr(told(), words), "%s", told());
	else
		cr_assert_str_eq(told(), "");
	report_free(&kernel.report);
	obuf_free(&kernel.out);
	close(kernel.report_fd);
}

Test(kill, closes_each_once_by_its_whole_identity)
{
	struct sock rows[2];

	begin();
	add(0x1122334455667788, PROTO_TCP, 443, 50000);
	rows[0] = row_of(&kernel.list[0]);
	rows[0].local.ifindex = 7;
	rows[0].local.addr.bytes[0] = 10;
	rows[0].remote.addr.bytes[3] = 9;
	rows[1] = rows[0];
	cr_assert_str_eq(kill_rows(rows, 2, false), "closed 1, gone 0, refused 0, failed 0\n");
	cr_assert_eq(kernel.n_destroy, 1);
	cr_assert_eq(kernel.last.sdiag_family, AF_INET);
	cr_assert_eq(kernel.last.sdiag_protocol, IPPROTO_TCP);
	cr_assert_eq(kernel.last.id.idiag_cookie[0], 0x55667788);
	cr_assert_eq(kernel.last.id.idiag_cookie[1], 0x11223344);
	cr_assert_eq(kernel.last.id.idiag_if, 7);
	cr_assert_eq(((const uint8_t *)kernel.last.id.idiag_src)[0], 10);
	cr_assert_eq(((const uint8_t *)kernel.last.id.idiag_dst)[3], 9);
	end(0, NULL);
}

Test(kill, a_socket_that_took_the_place_is_not_hit)
{
	struct sock old;

	begin();
	add(2, PROTO_TCP, 443, 50000);
	old = row_of(&kernel.list[0]);
	old.cookie = 1;
	cr_assert_str_eq(kill_rows(&old, 1, false), "closed 0, gone 1, refused 0, failed 0\n");
	cr_assert_not(kernel.list[0].gone);
	end(0, NULL);
}

Test(kill, nothing_to_close_is_no_failure)
{
	begin();
	cr_assert_str_eq(kill_all(), "closed 0, gone 0, refused 0, failed 0\n");
	cr_assert_eq(kernel.n_destroy + kernel.n_dumps, 0);
	end(0, NULL);
}

Test(kill, refused)
{
	begin();
	kernel.always = -EPERM;
	add(1, PROTO_TCP, 443, 50000);
	add(2, PROTO_UDP, 53, 0);
	cr_assert_str_eq(kill_all(), "closed 0, gone 0, refused 2, failed 0\n");
	end(4, "CAP_NET_ADMIN");
}

Test(kill, refused_in_part)
{
	begin();
	add(1, PROTO_TCP, 443, 50000);
	add(2, PROTO_TCP, 443, 50001)->answer = -EACCES;
	cr_assert_str_eq(kill_all(), "closed 1, gone 0, refused 1, failed 0\n");
	end(3, "CAP_NET_ADMIN");
}

Test(kill, a_kernel_that_cannot)
{
	static const int answers[] = { -EOPNOTSUPP, -EINVAL };

	for (size_t i = 0; i < 2; i++) {
		begin();
		kernel.always = answers[i];
		add(1, PROTO_TCP, 443, 50000);
		cr_assert_str_eq(kill_all(), "closed 0, gone 0, refused 0, failed 1\n");
		end(4, "CONFIG_INET_DIAG_DESTROY");
	}
}

Test(kill, those_that_hide_one_another_are_reached_in_the_end)
{
	struct sock rows[4];

	begin();
	for (size_t i = 0; i < 4; i++)
		add(i + 1, PROTO_TCP, 80, 0);
	/* The one that is found comes last. */
	for (size_t i = 0; i < 4; i++)
		rows[i] = row_of(&kernel.list[3 - i]);
	cr_assert_str_eq(kill_rows(rows, 4, false), "closed 4, gone 0, refused 0, failed 0\n");
	end(0, NULL);
}

Test(kill, what_is_still_there_is_not_called_closed)
{
	begin();
	add(1, PROTO_TCP, 443, 50000)->stubborn = true;
	add(2, PROTO_TCP, 443, 50001);
	cr_assert_str_eq(kill_all(), "closed 1, gone 0, refused 0, failed 1\n");
	cr_assert_leq(kernel.n_destroy, 8, "it is not tried for ever");
	end(3, "still there");
}

Test(kill, of_udp_the_kernels_word_has_to_do)
{
	begin();
	add(1, PROTO_UDP, 53, 0)->stubborn = true;
	cr_assert_str_eq(kill_all(), "closed 1, gone 0, refused 0, failed 0\n");
	end(0, NULL);
}

Test(kill, without_a_cookie_nothing_is_asked)
{
	struct sock_id id = { .proto = PROTO_TCP, .family = AF_INET };
	struct diag_destroyer *destroyer;

	begin();
	add(0, PROTO_TCP, 443, 50000);
	cr_assert_str_eq(kill_all(), "closed 0, gone 0, refused 0, failed 1\n");
	cr_assert_eq(kernel.n_destroy, 0);
	destroyer = diag_destroyer_new(&env, &kernel.report);
	cr_assert_eq(diag_destroy(destroyer, &id), -EINVAL);
	id.cookie = UINT64_MAX;
	cr_assert_eq(diag_destroy(destroyer, &id), -EINVAL);
	cr_assert_eq(kernel.n_destroy, 0);
	diag_destroyer_free(destroyer);
	end(4, "/proc/net");
}

Test(kill, a_listing_that_broke_off_closes_nothing)
{
	begin();
	add(1, PROTO_TCP, 443, 50000);
	kernel.run.cut_short = true;
	cr_assert_str_eq(kill_all(), "");
	cr_assert_eq(kernel.n_destroy, 0);
	end(0, NULL);
}

Test(kill, a_signal_ends_it_between_two)
{
	begin();
	add(1, PROTO_TCP, 443, 50000);
	kernel.stop = true;
	cr_assert_str_eq(kill_all(), "closed 0, gone 0, refused 0, failed 1\n");
	cr_assert_eq(kernel.n_destroy, 0);
	end(4, "interrupted");
}

Test(kill, as_a_document)
{
	struct sock rows[2];
	const char *text;

	begin();
	add(1, PROTO_TCP, 443, 50000);
	add(2, PROTO_UDP, 53, 0)->answer = -EPERM;
	rows[0] = row_of(&kernel.list[0]);
	rows[1] = row_of(&kernel.list[1]);
	text = kill_rows(rows, 2, true);
	cr_assert(strstr(text, "\"view\":\"kill\",\"filtered\":true,\"closed\":1,\"gone\":0,"
			       "\"refused\":1,\"failed\":0,"
			       "\"sockets\":[{\"proto\":\"tcp\",\"family\":\"inet\","
			       "\"state\":\"ESTABLISHED\",\"local_address\":\"0.0.0.0\","
			       "\"local_port\":443,\"remote_address\":\"0.0.0.0\","
			       "\"remote_port\":50000,\"cookie\":1,\"outcome\":\"closed\"},"
			       "{\"proto\":\"udp\",\"family\":\"inet\",\"state\":null,"),
		  "%s", text);
	cr_assert(strstr(text, "\"outcome\":\"refused\"}],\"complete\":false,"), "%s", text);
	end(3, "CAP_NET_ADMIN");
}
