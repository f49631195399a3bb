/* The rules of denials.c: read them, decide on a call, count attempts, log. The format is described there. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST_RULES = 4096, LONGEST_RULES = 1 << 21, QUARANTINE = -1 };

struct rule {
    char call[8], side[8], depth[8];
    const char *pattern; /* in the text of all rules */
    int effect;
    double hold_ms;
    long first;
};

struct attempts { /* on one path under one rule */
    struct attempts *next;
    int rule;
    double begun_ms;
    long number;
    char path[];
};

struct decision {
    int rule; /* -1: none matches, and nothing is logged */
    int denied_with;
    bool quarantined;
    long number;
    double now_ms, since_ms;
};

static struct rule rules[MOST_RULES];
static int rule_count;
static struct stat rules_read_from;
static struct attempts *all_attempts;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* System calls made directly: they do not come back here through the hooks below. */
static int open_directly(const char *path, int flags)
{
    return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0644);
}

static void forget_attempts(void)
{
    while (all_attempts) {
        struct attempts *next = all_attempts->next;
        free(all_attempts);
        all_attempts = next;
    }
}

static void parse(char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line && rule_count < MOST_RULES;
         line = strtok_r(NULL, "\n", &rest)) {
        struct rule *rule = &rules[rule_count];
        int before_pattern = 0;
        if (sscanf(line, "%7[^\t]\t%7[^\t]\t%d\t%lf\t%ld\t%7[^\t]\t%n", rule->call, rule->side, &rule->effect,
                   &rule->hold_ms, &rule->first, rule->depth, &before_pattern) == 6 &&
            before_pattern > 0) {
            rule->pattern = line + before_pattern;
            rule_count++;
        }
    }
}

static void read_rules(void)
{
    static char text[LONGEST_RULES];
    const char *path = getenv("HARNESS_DENIALS");
    struct stat status;
    if (!path || stat(path, &status) != 0) {
        rule_count = 0;
        return;
    }
    if (status.st_ino == rules_read_from.st_ino && status.st_mtim.tv_sec == rules_read_from.st_mtim.tv_sec &&
        status.st_mtim.tv_nsec == rules_read_from.st_mtim.tv_nsec)
        return;
    int file = open_directly(path, O_RDONLY);
    if (file < 0)
        return;
    size_t length = 0;
    ssize_t got;
    while (length < sizeof text - 1 && (got = read(file, text + length, sizeof text - 1 - length)) > 0)
        length += got;
    close(file);
    text[length] = '\0';
    rules_read_from = status;
    rule_count = 0;
    forget_attempts();
    parse(text);
}

static struct attempts *attempts_on(int rule, const char *path, double now)
{
    for (struct attempts *each = all_attempts; each; each = each->next)
        if (each->rule == rule && strcmp(each->path, path) == 0)
            return each;
    size_t size = strlen(path) + 1;
    struct attempts *made = malloc(sizeof *made + size);
    if (!made)
        return NULL;
    *made = (struct attempts){.next = all_attempts, .rule = rule, .begun_ms = now};
    memcpy(made->path, path, size);
    all_attempts = made;
    return made;
}

static bool is_about(const struct rule *rule, const char *call)
{
    return strcmp(rule->call, call) == 0 || (strcmp(rule->call, "open") == 0 && strcmp(call, "write") == 0);
}

/* Whether any rule is about such calls: most opens are only to read, and of no concern. */
static bool is_of_concern(const char *call)
{
    bool found = false;
    pthread_mutex_lock(&mutex);
    read_rules();
    for (int number = 0; number < rule_count && !found; number++)
        found = is_about(&rules[number], call);
    pthread_mutex_unlock(&mutex);
    return found;
}

static bool matches(const struct rule *rule, const char *call, const char *path)
{
    int flags = FNM_CASEFOLD | (strcmp(rule->depth, "same") == 0 ? FNM_PATHNAME : 0);
    return is_about(rule, call) && path && fnmatch(rule->pattern, path, flags) == 0;
}

/* What the rules say of a call, which is counted as an attempt. Both paths are absolute. */
static struct decision decide(const char *call, const char *source, const char *target)
{
    struct decision made = {.rule = -1, .now_ms = now_ms()};
    pthread_mutex_lock(&mutex);
    read_rules();
    for (int number = 0; number < rule_count && made.rule < 0; number++) {
        const struct rule *rule = &rules[number];
        const char *path = strcmp(rule->side, "target") == 0 ? target : source;
        if (!matches(rule, call, path))
            continue;
        struct attempts *attempts = attempts_on(number, path, made.now_ms);
        if (!attempts)
            break;
        made.rule = number;
        made.number = ++attempts->number;
        made.since_ms = made.now_ms - attempts->begun_ms;
        if (rule->effect == QUARANTINE)
            made.quarantined = made.number == 1 && syscall(SYS_unlinkat, AT_FDCWD, source, 0) == 0;
        else if (rule->effect > 0 && (rule->hold_ms < 0 || made.since_ms < rule->hold_ms ||
                                      made.number <= rule->first))
            made.denied_with = rule->effect;
    }
    pthread_mutex_unlock(&mutex);
    return made;
}

static void make_plain(char *path)
{
    for (; *path; path++)
        if ((unsigned char)*path < ' ' || *path == 127)
            *path = '?';
}

static void record(const char *call, const struct decision *made, int error, const char *source,
                   const char *target)
{
    const char *path = getenv("HARNESS_DENIALS_LOG");
    if (made->rule < 0 || !path)
        return;
    int file = open_directly(path, O_WRONLY | O_APPEND | O_CREAT);
    if (file < 0)
        return;
    char from[PATH_MAX], to[PATH_MAX], line[3 * PATH_MAX];
    snprintf(from, sizeof from, "%s", source);
    snprintf(to, sizeof to, "%s", target ? target : "-");
    make_plain(from);
    make_plain(to);
    const char *done = made->denied_with ? "denied" : made->quarantined ? "quarantined" : "passed";
    int length = snprintf(line, sizeof line, "%.3f\t%d\t%s\t%s\t%d\t%ld\t%.3f\t%d\t%s\t%s\n", made->now_ms,
                          (int)getpid(), call, done, made->rule, made->number, made->since_ms, error, from, to);
    if (length > 0 && write(file, line, length) < 0) { /* one write: lines of processes do not mix */
    }
    close(file);
}
