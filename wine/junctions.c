/* Let a program make junctions under a Wine that has none: a DLL that with_junctions.c loads into it.
 *
 * Wine 8.0 answers FSCTL_SET_REPARSE_POINT, which makes a junction of an empty folder, with "not supported".
 * This library takes the place of DeviceIoControl in the import table of the program. It calls Wine first; if
 * Wine refuses, the folder becomes a symbolic link of Linux to the junction's target. Wine follows such a link
 * as it would follow a junction: opens go through it, and GetFinalPathNameByHandle names the target.
 *
 * That is enough for a program that makes junctions in a new folder and opens what is below them. It is not
 * told that they are junctions (FSCTL_GET_REPARSE_POINT still fails), and removing one removes the target,
 * since Wine's server knows only the folder that it came to. Calls by other DLLs of the program are Wine's.
 * The link is made by the program's own process, so no denial concerns it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

/* The form of REPARSE_DATA_BUFFER for a junction (Microsoft, ntifs.h): offsets and lengths are in bytes. */
struct junction {
    ULONG tag;
    USHORT length, reserved;
    USHORT target_offset, target_length, shown_offset, shown_length;
    WCHAR names[];
};

enum { LONGEST = 4096, LINUX_RMDIR = 84, LINUX_MKDIR = 83, LINUX_SYMLINK = 88 };

typedef BOOL(WINAPI *device_io_control)(HANDLE, DWORD, LPVOID, DWORD, LPVOID, DWORD, LPDWORD, LPOVERLAPPED);
static device_io_control of_wine;
static char *(CDECL *unix_name)(const WCHAR *); /* exported by Wine's kernel32; to be freed from the heap */

/* A call of Linux itself, which no function of Wine makes: code of Windows programs runs as any other. */
static long linux_call(long number, const void *first, const void *second)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
    return result;
}

/* The path of an open folder. */
static bool path_of(HANDLE folder, WCHAR *path)
{
    DWORD length = GetFinalPathNameByHandleW(folder, path, LONGEST, 0);
    return 0 < length && length < LONGEST;
}

/* The path that a junction is to lead to: \??\C:\... in the buffer, \\?\C:\... as programs spell it. */
static bool target_of(const struct junction *wanted, DWORD size, WCHAR *path)
{
    if (size < offsetof(struct junction, names) || wanted->tag != IO_REPARSE_TAG_MOUNT_POINT)
        return false;
    size_t names = size - offsetof(struct junction, names), length = wanted->target_length;
    if (wanted->target_offset + length > names || length < 8 || length >= LONGEST * sizeof(WCHAR))
        return false;
    memcpy(path, (const char *)wanted->names + wanted->target_offset, length);
    path[length / sizeof(WCHAR)] = L'\0';
    if (memcmp(path, L"\\??\\", 4 * sizeof(WCHAR)) != 0)
        return false;
    path[1] = L'\\';
    return true;
}

/* Put a link into the place of an empty folder; return a Win32 code, 0 if that was done. */
static DWORD make_link(const char *folder, const char *target)
{
    if (linux_call(LINUX_RMDIR, folder, NULL) != 0)
        return ERROR_DIR_NOT_EMPTY;
    if (linux_call(LINUX_SYMLINK, target, folder) == 0)
        return 0;
    linux_call(LINUX_MKDIR, folder, (const void *)0777);
    return ERROR_ACCESS_DENIED;
}

static DWORD make_junction(HANDLE folder, const struct junction *wanted, DWORD size)
{
    static WCHAR path[LONGEST], target[LONGEST]; /* too large for the stack; the lock keeps them */
    static SRWLOCK lock = SRWLOCK_INIT;
    DWORD code = ERROR_INVALID_REPARSE_DATA;
    AcquireSRWLockExclusive(&lock);
    if (path_of(folder, path) && target_of(wanted, size, target)) {
        char *linux_path = unix_name(path), *linux_target = unix_name(target);
        code = linux_path && linux_target ? make_link(linux_path, linux_target) : ERROR_PATH_NOT_FOUND;
        HeapFree(GetProcessHeap(), 0, linux_path);
        HeapFree(GetProcessHeap(), 0, linux_target);
    }
    ReleaseSRWLockExclusive(&lock);
    return code;
}

static BOOL WINAPI with_junctions(HANDLE handle, DWORD control, LPVOID in, DWORD in_size, LPVOID out,
                                  DWORD out_size, LPDWORD returned, LPOVERLAPPED overlapped)
{
    if (of_wine(handle, control, in, in_size, out, out_size, returned, overlapped))
        return TRUE;
    DWORD refused = GetLastError();
    DWORD code = refused;
    if (control == FSCTL_SET_REPARSE_POINT && refused == ERROR_NOT_SUPPORTED && in)
        code = make_junction(handle, in, in_size);
    if (returned && code == 0)
        *returned = 0;
    SetLastError(code);
    return code == 0;
}

/* Let the import table of a module have `instead` wherever it has `function` (Microsoft, "PE Format"). */
static void replace_import(HMODULE module, void *function, void *instead)
{
    char *base = (char *)module;
    IMAGE_NT_HEADERS *header = (void *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    DWORD imports = header->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    if (!imports)
        return;
    for (IMAGE_IMPORT_DESCRIPTOR *from = (void *)(base + imports); from->Name; from++)
        for (void **place = (void **)(base + from->FirstThunk); *place; place++)
            if (*place == function) {
                DWORD access;
                VirtualProtect(place, sizeof *place, PAGE_READWRITE, &access);
                *place = instead;
                VirtualProtect(place, sizeof *place, access, &access);
            }
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, LPVOID reserved)
{
    (void)library, (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    HMODULE kernel = GetModuleHandleW(L"kernel32");
    /* by way of void *, since a cast from one type of function to another warns */
    unix_name = (char *(CDECL *)(const WCHAR *))(void *)GetProcAddress(kernel, "wine_get_unix_file_name");
    of_wine = (device_io_control)(void *)GetProcAddress(kernel, "DeviceIoControl");
    if (!unix_name || !of_wine)
        return FALSE; /* this is no Wine */
    replace_import(GetModuleHandleW(NULL), (void *)of_wine, (void *)with_junctions);
    return TRUE;
}
