/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's list of who holds sockets: records whole and damaged, in any order and any pieces,
 * and /proc where it cannot be had or read. */
#include <criterion/criterion.h>

#include "enrich/owners.h"
#include "enrich/owners_iter.h"
#include "enrich/owners_process.h"
#include "enrich/owners_record.h"

#include "guard.h"
#include "proc_dir.h"

static const struct owner_record sample = {
	.inode = 100,
	.pid = 7,
	.tid = 7,
	.fd = 3,
	.comm = "a",
};

Test(owners_kernel, record_at_every_length)
{
	struct owner_record record;

	for (size_t len = 0; len < sizeof(sample); len++)
		cr_assert_not(owners_parse_record(guard_copy(&sample, len), len, &record));
	cr_assert(
		owners_parse_record(guard_copy(&sample, sizeof(sample)), sizeof(sample), &record));
	cr_assert_eq(record.inode, 100);
	cr_assert_eq(record.pid, 7);
	cr_assert_eq(record.fd, 3);
	cr_assert_str_eq(record.comm, "a");
}

Test(owners_kernel, no_records)
{
	struct owner_record bad[4], record;

	for (int i = 0; i < 4; i++)
		bad[i] = sample;
	bad[0].inode = 0;
	bad[1].pid = 0;
	bad[2].tid = 0;
	memset(bad[3].comm, 'x', sizeof(bad[3].comm));
	for (int i = 0; i < 4; i++)
		cr_assert_not(owners_parse_record(guard_copy(&bad[i], sizeof(bad[i])),
						  sizeof(bad[i]), &record),
			      "%d", i);
}

/* --- whether it may be asked for ---------------------------------------------------------------
 */

#define CAPS(value) "CapPrm:\tffffffffffffffff\nCapEff:\t" value "\nCapBnd:\tffffffffffffffff\n"

static bool may(const char *text, uint32_t pid)
{
	size_t len = strlen(text);

	return owners_iter_may(guard_copy(text, len), len, pid, 0);
}

/* Filters of our own are no hindrance, others are. */
Test(owners_kernel, whose_filters)
{
	static const char filtered[] =
		"NSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t2\nSeccomp_filters:\t1\n";
	static const char old[] = "NSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t2\n";

	cr_assert(owners_iter_may(filtered, sizeof(filtered) - 1, 42, 1));
	cr_assert_not(owners_iter_may(filtered, sizeof(filtered) - 1, 42, 0));
	cr_assert_not(owners_iter_may(filtered, sizeof(filtered) - 1, 42, 2));
	cr_assert_not(owners_iter_may(old, sizeof(old) - 1, 42, 1), "how many is not known");
}

Test(owners_kernel, who_may)
{
	static const char good[] =
		"Name:\tx\nNSpid:\t42\n" CAPS("0000000000200000") "Seccomp:\t0\n";

	cr_assert(may(good, 42));
	cr_assert(may("NSpid:\t42\n" CAPS("000000c000000000"), 42), "no seccomp in this kernel");
	cr_assert(may("NSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t0\n", 42));
	cr_assert_not(may(good, 43), "another process");
	for (size_t len = 0; len < (size_t)(strstr(good, "CapBnd") - good); len++)
		cr_assert_not(owners_iter_may(guard_copy(good, len), len, 42, 0), "%zu", len);
}

Test(owners_kernel, who_may_not)
{
	static const char *const texts[] = {
		"",
		"NSpid:\t42\n",
		CAPS("000001ffffffffff") "Seccomp:\t0\n",
		"NSpid:\t42\t1\n" CAPS("000001ffffffffff") "Seccomp:\t0\n",
		"NSpid:\t\n" CAPS("000001ffffffffff") "Seccomp:\t0\n",
		"NSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t2\n",
		"NSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t1\n",
		"NSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t\n",
		"NSpid:\t42\n" CAPS("0000000000000000") "Seccomp:\t0\n",
		"NSpid:\t42\n" CAPS("0000008000000000") "Seccomp:\t0\n",
		"NSpid:\t42\n" CAPS("0000004000000000") "Seccomp:\t0\n",
		"NSpid:\t42\n" CAPS("00000000002g0000") "Seccomp:\t0\n",
		"NSpid:\t42\n" CAPS("200000") "Seccomp:\t0\n",
		"NSpid:\t42\n" CAPS("00000000000200000") "Seccomp:\t0\n",
		"Name:\tNSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t0\n",
		"NSpid:\t42\n" CAPS("000001ffffffffff") "Seccomp:\t2\nSeccomp:\t0\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_not(may(texts[i], 42), "%zu: %s", i, texts[i]);
}

/* --- lists ---------------------------------------------------------------------------------------
 */

static struct owner_record records[4096];
static size_t n_records;
static size_t n_bytes; /* of them that the list yields */
static int refusal;
static int n_opened;

static int fake_open(const struct env *env)
{
	int fd;

	(void)env;
	n_opened++;
	if (refusal < 0)
		return refusal;
	fd = memfd_create("list", MFD_CLOEXEC);
	cr_assert_eq(write(fd, records, n_bytes), (ssize_t)n_bytes);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* The same, a few bytes at a time. */
static int fake_open_slowly(const struct env *env)
{
	int ends[2];

	(void)env;
	n_opened++;
	cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
	if (fork() == 0) {
		for (size_t at = 0; at < n_bytes; at += 7) {
			size_t n = n_bytes - at < 7 ? n_bytes - at : 7;

			if (write(ends[1], (const char *)records + at, n) != (ssize_t)n)
				_exit(1);
			usleep(100);
		}
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void begin(void)
{
	proc_dir_begin();
	proc_dir_env.owners_open = fake_open;
	proc_dir_put_text("1/comm", "init\n");
	proc_dir_link("1/fd/0", "/dev/null");
}

TestSuite(owners_list, .init = begin, .fini = proc_dir_end);

static void put(uint32_t pid, uint32_t tid, uint32_t fd, uint64_t inode, const char *comm)
{
	struct owner_record *record = &records[n_records++];

	*record = (struct owner_record){ .inode = inode, .pid = pid, .tid = tid, .fd = fd };
	memcpy(record->comm, comm, strnlen(comm, sizeof(record->comm) - 1));
	n_bytes = n_records * sizeof(*record);
}

static struct owners *scan(const struct owners_query *query)
{
	return owners_scan(&proc_dir_env, &proc_dir_report, query);
}

/* The owners as "pid/program:fd pid/program:fd ". */
static const char *owners_of(const struct owners *owners, uint64_t inode)
{
	static char text[1024];
	size_t used = 0;
	uint32_t n = 99;
	const struct owner *list = owners_find(owners, inode, &n);

	text[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u/%s:%u ", list[i].pid,
					 list[i].program, list[i].fd);
	return text;
}

static void put_crowd(void)
{
	put(7, 7, 3, 100, "a");
	put(7, 7, 4, 101, "a");
	put(7, 7, 9, 100, "a");
	put(8, 8, 5, 100, "b\n");
	put(8, 8, 6, (UINT64_C(1) << 32) + 200, "b\n");
	put(90, 90, 1, 101, "");
}

static void check_crowd(const struct owners *owners)
{
	cr_assert_str_eq(owners_of(owners, 100), "7/a:3 8/b\n:5 ");
	cr_assert_str_eq(owners_of(owners, 101), "7/a:4 90/:1 ");
	cr_assert_str_eq(owners_of(owners, 200), "8/b\n:6 ", "sock_diag tells the low half");
	cr_assert_str_eq(owners_of(owners, 102), "");
	cr_assert_not(owners_any_hidden(owners));
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(owners_list, all_sockets)
{
	struct owners *owners;

	put_crowd();
	owners = scan(&(struct owners_query){ 0 });
	check_crowd(owners);
	cr_assert_str_eq(owners_of(owners, (UINT64_C(1) << 32) + 200), "8/b\n:6 ");
	owners_free(owners);
	cr_assert_eq(n_opened, 1);
}

Test(owners_list, in_pieces_that_end_anywhere)
{
	struct owners *owners;

	proc_dir_env.owners_open = fake_open_slowly;
	put_crowd();
	owners = scan(&(struct owners_query){ 0 });
	check_crowd(owners);
	owners_free(owners);
	cr_assert_eq(n_opened, 1);
}

Test(owners_list, in_any_order)
{
	put_crowd();
	srand(1);
	for (int round = 0; round < 50; round++) {
		struct owners *owners;

		for (size_t i = n_records - 1; i > 0; i--) {
			size_t other = (size_t)rand() % (i + 1);
			struct owner_record kept = records[i];

			records[i] = records[other];
			records[other] = kept;
		}
		owners = scan(&(struct owners_query){ 0 });
		check_crowd(owners);
		owners_free(owners);
	}
}

/* What a thread has for itself belongs to its process, and where that has it too, its number is the
 * one to show. */
Test(owners_list, tables_of_threads)
{
	struct owners *owners;

	put(7, 5, 2, 100, "a");
	put(7, 5, 3, 102, "a");
	put(7, 7, 9, 100, "a");
	put(8, 8, 4, 101, "b");
	put(7, 12, 1, 100, "a");
	put(7, 12, 2, 101, "a");
	owners = scan(&(struct owners_query){ 0 });
	cr_assert_str_eq(owners_of(owners, 100), "7/a:9 ");
	cr_assert_str_eq(owners_of(owners, 101), "7/a:2 8/b:4 ");
	cr_assert_str_eq(owners_of(owners, 102), "7/a:3 ");
	owners_free(owners);
}

/* So many wanted that it pays, which are in the list but for the last. */
static struct owners *scan_wanted(bool first_only)
{
	static uint64_t wanted[1000];

	for (uint32_t i = 0; i < 1000; i++)
		wanted[i] = 1000 + i;
	return scan(&(struct owners_query){
		.inodes = wanted,
		.n_inodes = 1000,
		.first_only = first_only,
	});
}

Test(owners_list, the_wanted_only)
{
	struct owners *owners;

	for (uint32_t i = 0; i < 999; i++) {
		put(7, 7, 2 * i, 1000 + i, "a");
		put(7, 7, 2 * i + 1, 5000 + i, "a");
	}
	put(8, 8, 3, 1000, "b");
	owners = scan_wanted(false);
	cr_assert_str_eq(owners_of(owners, 1000), "7/a:0 8/b:3 ");
	cr_assert_str_eq(owners_of(owners, 1998), "7/a:1996 ");
	cr_assert_str_eq(owners_of(owners, 1999), "");
	cr_assert_str_eq(owners_of(owners, 5000), "", "was not wanted");
	owners_free(owners);
	owners = scan_wanted(true);
	cr_assert_str_eq(owners_of(owners, 1000), "7/a:0 ");
	cr_assert_str_eq(owners_of(owners, 1998), "7/a:1996 ");
	owners_free(owners);
	cr_assert_eq(n_opened, 2);
}

/* --- /proc instead -------------------------------------------------------------------------------
 */

static void check_proc(const struct owners_query *query)
{
	struct owners *owners = scan(query);

	cr_assert_str_eq(owners_of(owners, 100), "50/from proc:3 ");
	cr_assert_str_eq(owners_of(owners, 101), "");
	cr_assert_str_eq(proc_dir_heard(), "");
	cr_assert_eq(proc_dir_report.level, 0);
	owners_free(owners);
}

static void put_proc(void)
{
	proc_dir_put_text("50/comm", "from proc\n");
	proc_dir_link("50/fd/3", "socket:[100]");
	put_crowd();
}

Test(owners_list, refused)
{
	static const int errors[] = { -EPERM, -ENOSYS, -EINVAL, -E2BIG, -ENOMEM, -EMFILE, -ENOENT };

	put_proc();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		refusal = errors[i];
		check_proc(&(struct owners_query){ 0 });
	}
}

Test(owners_list, cut_anywhere)
{
	put_proc();
	for (size_t len = 1; len < n_records * sizeof(records[0]); len++) {
		n_bytes = len;
		if (len % sizeof(records[0]) != 0)
			check_proc(&(struct owners_query){ 0 });
	}
}

Test(owners_list, damaged)
{
	put_proc();
	for (size_t i = 0; i < n_records; i++) {
		const struct owner_record kept = records[i];

		records[i].inode = 0;
		check_proc(&(struct owners_query){ 0 });
		records[i] = kept;
		memset(records[i].comm, 'x', sizeof(records[i].comm));
		check_proc(&(struct owners_query){ 0 });
		records[i] = kept;
	}
}

/* A directory: reading it fails. */
static int fake_open_unreadable(const struct env *env)
{
	n_opened++;
	return openat(env->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

Test(owners_list, unreadable)
{
	proc_dir_env.owners_open = fake_open_unreadable;
	put_proc();
	check_proc(&(struct owners_query){ 0 });
	cr_assert_eq(n_opened, 1);
}

Test(owners_list, not_asked_where_it_has_no_answer)
{
	const uint64_t few[] = { 100, 101 };

	put_proc();
	check_proc(&(struct owners_query){ .details = true });
	check_proc(&(struct owners_query){ .context = true });
	check_proc(&(struct owners_query){ .inodes = few, .n_inodes = 2 });
	cr_assert_eq(n_opened, 0);
}
