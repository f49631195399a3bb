/* Two rules of NTFS that Wine lacks, for `harness.wine` with the rules "ntfs".
 *
 * Load this with LD_PRELOAD into wineserver, and into nothing else. The server owns the file descriptor
 * behind every Windows handle and is the only process that renames for Windows programs, with a plain
 * rename(2) after its checks of the share modes (Wine, server/fd.c, set_fd_name). So its own list of
 * descriptors says what is open, for all Windows processes together, and an EACCES from rename(2)
 * reaches the program as STATUS_ACCESS_DENIED, which is Win32 error 5.
 *
 * Where something cannot be found out, the rename goes ahead: that is what Wine does by itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_beneath(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* A directory cannot be renamed while anything beneath it is open, whatever its share mode
 * (docs/evidence/windows-sharing.md#something-open-inside-a-directory: [MS-FSA] 2.1.4.2). Handles of the directory itself do not count here; Wine checks those itself.
 *
 * Stricter than Windows in one case: of a loaded program or a mapped file the server keeps a
 * descriptor though the Windows handle was closed, and NTFS counts handles only.
 */
static bool has_open_files(const char *directory)
{
    char real[PATH_MAX];
    if (!realpath(directory, real))
        return false;
    DIR *descriptors = opendir("/proc/self/fd");
    if (!descriptors)
        return false;

    bool found = false;
    struct dirent *entry;
    while (!found && (entry = readdir(descriptors))) {
        char target[PATH_MAX];
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1);
        if (length < 0) /* "." and "..", or closed meanwhile */
            continue;
        target[length] = '\0';
        found = is_beneath(target, real);
    }
    closedir(descriptors);
    return found;
}

/* A read-only file cannot be replaced (docs/evidence/windows-sharing.md#targets-that-exist). Wine keeps the attribute as a file without any write permission.
 */
static bool is_read_only_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           !(status.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH));
}

static bool is_refused(const char *source, const char *target)
{
    struct stat status;
    if (lstat(source, &status) == 0 && S_ISDIR(status.st_mode))
        return has_open_files(source);
    return is_read_only_file(target);
}

int rename(const char *source, const char *target)
{
    static int (*next_rename)(const char *, const char *);
    if (!next_rename) /* POSIX's way to turn the object pointer into a function pointer */
        *(void **)&next_rename = dlsym(RTLD_NEXT, "rename");
    if (!next_rename) {
        errno = ENOSYS;
        return -1;
    }
    if (is_refused(source, target)) {
        errno = EACCES;
        return -1;
    }
    return next_rename(source, target);
}
