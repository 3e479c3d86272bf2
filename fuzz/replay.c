/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main() of a target where it is not libFuzzer's: runs it over the files named, or without any
 * over its corpus directory in the source tree, and prints TAP. A crash names its input on stderr.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char replay_path[4096]; /* of the input at hand */

/* Says which input it was, and dies of the signal as it would have. */
static void replay_died(int signal)
{
	static const char text[] = "\nthe input was ";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	n += write(STDERR_FILENO, replay_path, strlen(replay_path));
	n += write(STDERR_FILENO, "\n", 1);
	(void)n;
	raise(signal);
}

static void replay_watch(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct sigaction action = { .sa_handler = replay_died, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* Runs one file. False when it cannot be read. */
static bool replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL, *copy;
	struct stat st;
	size_t n = 0;

	snprintf(replay_path, sizeof(replay_path), "%s", path);
	if (!file || fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode) ||
	    !(data = malloc((size_t)st.st_size + 1))) {
		perror(path);
		if (file)
			fclose(file);
		return false;
	}
	n = fread(data, 1, (size_t)st.st_size, file);
	fclose(file);
	copy = fuzz_copy(data, n);
	free(data);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	return true;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Runs the corpus. Returns how many inputs, or -1. */
static long replay_corpus(const char *target)
{
	const char *top = getenv("abs_top_srcdir");
	struct dirent **entries;
	char dir[2048], path[4096];
	bool good = true;
	int n;

	snprintf(dir, sizeof(dir), "%s/fuzz/corpus/%s", top ? top : ".", target);
	n = scandir(dir, &entries, is_input, alphasort);
	if (n < 0) {
		perror(dir);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		good &= replay_file(path);
		free(entries[i]);
	}
	free(entries);
	return good ? n : -1;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	long n = argc - 1;

	name = name ? name + 1 : argv[0];
	name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
	replay_watch();
	for (int i = 1; i < argc; i++)
		n = replay_file(argv[i]) ? n : -1;
	if (argc == 1)
		n = replay_corpus(name);
	printf("1..1\n%s 1 - %s: %ld inputs\n", n > 0 ? "ok" : "not ok", name, n > 0 ? n : 0);
	return n > 0 ? 0 : 1;
}
