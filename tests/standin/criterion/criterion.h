/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in for Criterion where there is none for the machine that the tests are built for: other
 * processors, other C libraries (scripts/cross). It knows what the tests of this tree use and no
 * more: each test runs in a process of its own, the result is TAP. A test program includes it once,
 * and main() is in it. Values of what was compared are not shown; Criterion does that.
 *
 *     configure CRITERION_CFLAGS="-isystem .../tests/standin" CRITERION_LIBS=-lc
 */
#ifndef LSSOCK_STANDIN_CRITERION_H
#define LSSOCK_STANDIN_CRITERION_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	STANDIN_FAILED = 1,
	STANDIN_SKIPPED = 77,
	STANDIN_TIMEOUT = 1200, /* seconds: for what hangs */
};

struct standin_options {
	void (*init)(void), (*fini)(void);
	double timeout;
};

struct standin_suite {
	const char *name;
	struct standin_options options;
	struct standin_suite *next;
};

struct standin_test {
	const char *suite, *name;
	void (*run)(void);
	struct standin_options options;
	struct standin_test *next;
};

static struct standin_suite *standin_suites;
static struct standin_test *standin_first, **standin_last = &standin_first;
static bool standin_has_failed;

/* What the tests of a suite have in common, as TestSuite(suite, .init = setup). */
#define TestSuite(suite, ...)                                                                \
	__attribute__((constructor)) static void suite##_suite_add(void)                     \
	{                                                                                    \
		static struct standin_suite standin_row = { #suite, { __VA_ARGS__ }, NULL }; \
		standin_row.next = standin_suites;                                           \
		standin_suites = &standin_row;                                               \
	}                                                                                    \
	struct standin_suite

/* A test of one name in a suite of another, as Test(suite, name, .init = setup) { ... }. */
#define Test(suite, test, ...)                                                     \
	static void suite##_##test##_run(void);                                    \
	__attribute__((constructor)) static void suite##_##test##_add(void)        \
	{                                                                          \
		static struct standin_test standin_row = {                         \
			#suite, #test, suite##_##test##_run, { __VA_ARGS__ }, NULL \
		};                                                                 \
		*standin_last = &standin_row;                                      \
		standin_last = &standin_row.next;                                  \
	}                                                                          \
	static void suite##_##test##_run(void)

__attribute__((format(printf, 3, 0))) static inline void standin_say(int line, const char *what,
								     const char *format,
								     va_list args)
{
	standin_has_failed = true;
	fprintf(stderr, "line %d: not so: %s", line, what);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

__attribute__((format(printf, 3, 4))) static inline void standin_expect(int line, const char *what,
									const char *format, ...)
{
	va_list args;

	va_start(args, format);
	standin_say(line, what, format, args);
	va_end(args);
}

__attribute__((noreturn, format(printf, 3, 4))) static inline void standin_assert(
	int line, const char *what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	standin_say(line, what, format, args);
	va_end(args);
	exit(STANDIN_FAILED);
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void standin_skip(const char *format,
										...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(STANDIN_SKIPPED);
}

#define STANDIN_ASSERT(good, what, ...) \
	((good) ? (void)0 : standin_assert(__LINE__, what, " " __VA_ARGS__))
#define STANDIN_EXPECT(good, what, ...) \
	((good) ? (void)0 : standin_expect(__LINE__, what, " " __VA_ARGS__))

#define cr_assert(a, ...) STANDIN_ASSERT(!!(a), #a, __VA_ARGS__)
#define cr_assert_not(a, ...) STANDIN_ASSERT(!(a), "!" #a, __VA_ARGS__)
#define cr_assert_null(a, ...) STANDIN_ASSERT((a) == NULL, #a " == NULL", __VA_ARGS__)
#define cr_assert_not_null(a, ...) STANDIN_ASSERT((a) != NULL, #a " != NULL", __VA_ARGS__)
#define cr_assert_eq(a, b, ...) STANDIN_ASSERT((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) STANDIN_ASSERT((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) STANDIN_ASSERT((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) STANDIN_ASSERT((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) STANDIN_ASSERT((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) STANDIN_ASSERT((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) STANDIN_ASSERT(!strcmp((a), (b)), #a " is " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) STANDIN_ASSERT(strcmp((a), (b)), #a " is not " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) \
	STANDIN_ASSERT(!memcmp((a), (b), (n)), #a " has the bytes of " #b, __VA_ARGS__)
#define cr_assert_fail(...) STANDIN_ASSERT(false, "fails", __VA_ARGS__)

#define cr_expect(a, ...) STANDIN_EXPECT(!!(a), #a, __VA_ARGS__)
#define cr_expect_not(a, ...) STANDIN_EXPECT(!(a), "!" #a, __VA_ARGS__)
#define cr_expect_null(a, ...) STANDIN_EXPECT((a) == NULL, #a " == NULL", __VA_ARGS__)
#define cr_expect_not_null(a, ...) STANDIN_EXPECT((a) != NULL, #a " != NULL", __VA_ARGS__)
#define cr_expect_eq(a, b, ...) STANDIN_EXPECT((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) STANDIN_EXPECT((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) STANDIN_EXPECT((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) STANDIN_EXPECT((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) STANDIN_EXPECT((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) STANDIN_EXPECT((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) STANDIN_EXPECT(!strcmp((a), (b)), #a " is " #b, __VA_ARGS__)
#define cr_skip_test(...) standin_skip(" " __VA_ARGS__)

static inline struct standin_options standin_options_of(const struct standin_test *test)
{
	struct standin_options options = test->options;
	const struct standin_suite *suite = standin_suites;

	while (suite && strcmp(suite->name, test->suite) != 0)
		suite = suite->next;
	if (suite && !options.init)
		options.init = suite->options.init;
	if (suite && !options.fini)
		options.fini = suite->options.fini;
	return options;
}

__attribute__((noreturn)) static inline void standin_child(const struct standin_test *test)
{
	const struct standin_options options = standin_options_of(test);

	alarm(options.timeout > STANDIN_TIMEOUT ? (unsigned int)options.timeout : STANDIN_TIMEOUT);
	if (options.init)
		options.init();
	test->run();
	if (options.fini)
		options.fini();
	exit(standin_has_failed ? STANDIN_FAILED : 0);
}

/* Whether the test went well or was skipped. */
static inline bool standin_run(const struct standin_test *test, size_t number, FILE *tap)
{
	int status = 0;
	pid_t child;
	bool skipped;

	fflush(NULL);
	child = fork();
	if (child == 0)
		standin_child(test);
	if (child < 0 || waitpid(child, &status, 0) != child)
		status = -1;
	skipped = WIFEXITED(status) && WEXITSTATUS(status) == STANDIN_SKIPPED;
	fprintf(tap, "%s %zu - %s::%s%s\n", status == 0 || skipped ? "ok" : "not ok", number,
		test->suite, test->name, skipped ? " # SKIP" : "");
	if (status > 0 && WIFSIGNALED(status))
		fprintf(tap, "# ended by signal %d\n", WTERMSIG(status));
	return status == 0 || skipped;
}

int main(int argc, char *argv[])
{
	const char option[] = "--tap=";
	FILE *tap = stdout;
	size_t n = 0;
	bool good = true;

	if (argc > 1 && strncmp(argv[1], option, sizeof(option) - 1) == 0)
		tap = fopen(argv[1] + sizeof(option) - 1, "we");
	if (!tap)
		return STANDIN_FAILED;
	for (const struct standin_test *test = standin_first; test; test = test->next)
		good &= standin_run(test, ++n, tap);
	fprintf(tap, "1..%zu\n", n);
	if (fclose(tap) != 0)
		good = false;
	return good ? 0 : STANDIN_FAILED;
}

#endif
