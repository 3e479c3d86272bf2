/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults inside the program, by LD_PRELOAD: memory that runs out at a chosen allocation, a clock
 * that jumps, a signal at a bad moment, names that are late. The environment says which:
 *
 *   PRELOAD_COUNT=FILE   FILE, 8 bytes long, counts the allocations so far (host order). Without it
 *                        nothing is counted and none fails
 *   PRELOAD_FAIL=N       allocation N fails, the first is 1; "N+": that one and all that follow
 *   PRELOAD_CLOCK=S      each time it is asked, CLOCK_REALTIME is S seconds later, or earlier where
 *                        S is negative. CLOCK_MONOTONIC stays what it is
 *
 *   PRELOAD_SIGNAL=N     signal N comes just before the first sleep
 *   PRELOAD_LATE=1       host names take five seconds, by a library whose destructor leaves nothing
 *                        of it that could be used
 *
 * Counted is what the program and its libraries ask of malloc(3) and its kin once all of them are
 * loaded. With a C library other than glibc nothing is replaced, and nothing is counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <features.h>
#include <netdb.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef __GLIBC__

/* What glibc's own malloc(3) is called besides. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t *count;
static uint64_t fail_from = UINT64_MAX, fail_to;
static atomic_long clock_step;
static atomic_int early_signal;
static char *library;

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("PRELOAD_COUNT");
	const char *fail = getenv("PRELOAD_FAIL");
	const char *step = getenv("PRELOAD_CLOCK");
	void *map = MAP_FAILED;
	char *end;
	int fd;

	if (step)
		clock_step = strtol(step, NULL, 10);
	if (getenv("PRELOAD_SIGNAL"))
		early_signal = atoi(getenv("PRELOAD_SIGNAL"));
	if (getenv("PRELOAD_LATE"))
		library = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fail) {
		fail_from = strtoull(fail, &end, 10);
		fail_to = *end == '+' ? UINT64_MAX : fail_from;
	}
	fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
	if (fd >= 0)
		map = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map != MAP_FAILED)
		count = map;
}

/* A while is left for whoever is in the library. */
__attribute__((destructor)) static void end(void)
{
	if (!library)
		return;
	munmap(library, 1);
	usleep(300000);
}

int getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len,
		char *service, socklen_t service_len, int flags)
{
	int (*real)(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len,
		    char *service, socklen_t service_len, int flags);

	*(void **)&real = dlsym(RTLD_NEXT, "getnameinfo");
	if (!library)
		return real(addr, len, host, host_len, service, service_len, flags);
	for (int i = 0; i < 500; i++) {
		(void)*(volatile char *)library;
		usleep(10000);
	}
	return EAI_AGAIN;
}

static bool fails(void)
{
	uint64_t number;

	if (!count)
		return false;
	number = atomic_fetch_add(count, 1) + 1;
	if (number < fail_from || number > fail_to)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	void *got = memalign(alignment, size);

	if (!got)
		return ENOMEM;
	*memory = got;
	return 0;
}

/* Elsewhere struct timespec may be another one than the kernel's. */
#ifdef __LP64__
static atomic_long clock_offset;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (syscall(SYS_clock_gettime, clock, now) < 0)
		return -1;
	if (clock == CLOCK_REALTIME && clock_step != 0)
		now->tv_sec += atomic_fetch_add(&clock_offset, clock_step) + clock_step;
	return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
	int number = atomic_exchange(&early_signal, 0);

	if (number)
		raise(number);
	return syscall(SYS_clock_nanosleep, clock, flags, until, left) < 0 ? errno : 0;
}
#endif

#endif
