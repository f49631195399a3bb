/* Deny calls on files as a list of rules says, and log each call that a rule is about: `harness.reproduce`.
 *
 * Load this with LD_PRELOAD into wineserver, which makes every rename and open of Windows programs itself
 * (Wine, server/fd.c), or into a native Linux program. It composes with ntfs_rules.c: both hook rename(2)
 * and pass on to the next library. Two variables of the environment:
 *   HARNESS_DENIALS      the rules; read again whenever another file has that name (replace it by a rename)
 *   HARNESS_DENIALS_LOG  the log, to which one line is appended for each call that a rule matches
 *
 * A rule is a line of seven fields with a tab between them; the first that matches a call decides:
 *   CALL     rename, delete, write (an open of what exists that may write), open (any open of what exists),
 *            create (an open that makes a file)
 *   SIDE     source or target of a rename; source for all others
 *   EFFECT   the errno with which the call is denied, as a number; 0: it is only logged; -1: the file is
 *            removed before the first attempt, as by a quarantine
 *   HOLD_MS  denied until so long after the first attempt on a path; -1: for ever
 *   FIRST    and at least the first so many attempts
 *   DEPTH    any: a `*` of the pattern matches `/`, too; same: it does not
 *   PATTERN  fnmatch(3) on the absolute path, in any case
 * Each path has its own clock, which starts at its first attempt. New rules start all clocks anew.
 *
 * A line of the log: milliseconds (CLOCK_MONOTONIC), process, call, what was done (denied, passed,
 * quarantined), number of the rule from 0, number of the attempt on the path from 1, milliseconds since the
 * first, errno of the call (0: it succeeded), source, target or `-`. Control characters in paths are `?`.
 *
 * wineserver removes a file when its last handle is closed, and tells no program of an error then: so a
 * delete is logged there, and to deny it takes a rule for `open`, which denies to open what is to be removed.
 * Clocks are of one process: a native child begins with its own. Natively only calls of libc by other
 * libraries and the program are seen, so not those that a Go program or fopen(3) makes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "denial_rules.h"

/* The path from the root, with the links on its way followed but for the last name: Wine comes to drive Z:
 * by a link below its prefix. NULL if the folder that it is in does not exist. */
static const char *absolute(int folder, const char *path, char *result)
{
    char joined[2 * PATH_MAX], base[PATH_MAX] = "";
    if (path[0] != '/') {
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base))
                return NULL;
        } else {
            char link[48];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length < 0)
                return NULL;
            base[length] = '\0';
        }
    }
    snprintf(joined, sizeof joined, "%s/%s", base, path);
    size_t length = strlen(joined);
    while (length > 1 && joined[length - 1] == '/')
        joined[--length] = '\0';
    char *name = strrchr(joined, '/') + 1;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return realpath(joined, result);
    name[-1] = '\0';
    if (!realpath(joined[0] ? joined : "/", result))
        return NULL;
    size_t end = strcmp(result, "/") == 0 ? 0 : strlen(result);
    if (end + strlen(name) + 2 > PATH_MAX)
        return NULL;
    result[end] = '/';
    strcpy(result + end + 1, name);
    return result;
}

#define NEXT(NAME, RESULT, ...)                                                                              \
    static RESULT (*next)(__VA_ARGS__);                                                                      \
    if (!next) /* POSIX's way to turn the object pointer into a function pointer */                          \
        *(void **)&next = dlsym(RTLD_NEXT, NAME);                                                            \
    if (!next) {                                                                                             \
        errno = ENOSYS;                                                                                      \
        return -1;                                                                                           \
    }

/* Decide on a call, make it by `CALL` unless it is denied, log it, and return what it gives. */
#define JUDGED(NAME, FROM_FOLDER, FROM, TO_FOLDER, TO, CALL)                                                 \
    char from_room[PATH_MAX], to_room[PATH_MAX];                                                             \
    int before = errno;                                                                                      \
    const char *to_path = TO;                                                                                \
    const char *from = absolute(FROM_FOLDER, FROM, from_room);                                               \
    const char *to = to_path ? absolute(TO_FOLDER, to_path, to_room) : NULL;                                 \
    struct decision made = {.rule = -1};                                                                     \
    if (from && (to || !to_path))                                                                            \
        made = decide(NAME, from, to);                                                                       \
    errno = before;                                                                                          \
    int result = -1;                                                                                         \
    if (made.denied_with)                                                                                    \
        errno = made.denied_with;                                                                            \
    else                                                                                                     \
        result = CALL;                                                                                       \
    int after = errno;                                                                                       \
    record(NAME, &made, result < 0 ? after : 0, from, to);                                                   \
    errno = after;                                                                                           \
    return result;

int rename(const char *source, const char *target)
{
    NEXT("rename", int, const char *, const char *)
    JUDGED("rename", AT_FDCWD, source, AT_FDCWD, target, next(source, target))
}

int renameat(int from_folder, const char *source, int to_folder, const char *target)
{
    NEXT("renameat", int, int, const char *, int, const char *)
    JUDGED("rename", from_folder, source, to_folder, target, next(from_folder, source, to_folder, target))
}

int renameat2(int from_folder, const char *source, int to_folder, const char *target, unsigned flags)
{
    NEXT("renameat2", int, int, const char *, int, const char *, unsigned)
    JUDGED("rename", from_folder, source, to_folder, target,
           next(from_folder, source, to_folder, target, flags))
}

int unlink(const char *path)
{
    NEXT("unlink", int, const char *)
    JUDGED("delete", AT_FDCWD, path, 0, NULL, next(path))
}

int rmdir(const char *path)
{
    NEXT("rmdir", int, const char *)
    JUDGED("delete", AT_FDCWD, path, 0, NULL, next(path))
}

int remove(const char *path)
{
    NEXT("remove", int, const char *)
    JUDGED("delete", AT_FDCWD, path, 0, NULL, next(path))
}

int unlinkat(int folder, const char *path, int flags)
{
    NEXT("unlinkat", int, int, const char *, int)
    JUDGED("delete", folder, path, 0, NULL, next(folder, path, flags))
}

static const char *kind_of_call(int folder, const char *path, int flags)
{
    const char *kind = (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC ? "write" : "open";
    if (!(flags & O_CREAT) && !is_of_concern(kind))
        return NULL;
    bool exists = syscall(SYS_faccessat, folder, path, F_OK) == 0;
    if (!exists)
        return flags & O_CREAT ? "create" : NULL;
    return kind;
}

/* What an open is to the rules; NULL for those that no rule is about, of the kernel's files or of nothing. */
static const char *kind_of(int folder, const char *path, int flags)
{
    if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/", 5) == 0)
        return NULL;
    int before = errno;
    const char *kind = kind_of_call(folder, path, flags);
    errno = before;
    return kind;
}

static bool takes_mode(int flags)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_OF(FLAGS)                                                                                       \
    mode_t mode = 0;                                                                                         \
    if (takes_mode(FLAGS)) {                                                                                 \
        va_list more;                                                                                        \
        va_start(more, FLAGS);                                                                               \
        mode = va_arg(more, mode_t);                                                                         \
        va_end(more);                                                                                        \
    }

#define OPEN(NAME)                                                                                           \
    int NAME(const char *path, int flags, ...)                                                               \
    {                                                                                                        \
        NEXT(#NAME, int, const char *, int, ...)                                                             \
        MODE_OF(flags)                                                                                       \
        const char *kind = kind_of(AT_FDCWD, path, flags);                                                   \
        if (!kind)                                                                                           \
            return next(path, flags, mode);                                                                  \
        JUDGED(kind, AT_FDCWD, path, 0, NULL, next(path, flags, mode))                             \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(NAME)                                                                                         \
    int NAME(int folder, const char *path, int flags, ...)                                                   \
    {                                                                                                        \
        NEXT(#NAME, int, int, const char *, int, ...)                                                        \
        MODE_OF(flags)                                                                                       \
        const char *kind = kind_of(folder, path, flags);                                                     \
        if (!kind)                                                                                           \
            return next(folder, path, flags, mode);                                                          \
        JUDGED(kind, folder, path, 0, NULL, next(folder, path, flags, mode))                       \
    }
OPENAT(openat)
OPENAT(openat64)
