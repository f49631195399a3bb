/* with_junctions.exe PROGRAM ARGUMENTS...: run a program with junctions.dll, which is beside this file, in it.
 *
 * The program starts suspended; a thread there loads the library before anything of the program runs. Its exit
 * code is that of the program, or 250 if the program could not be started so.
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

enum { NOT_STARTED = 250 };

static int not_started(const char *what)
{
    fprintf(stderr, "with_junctions: %s: error %lu\n", what, GetLastError());
    return NOT_STARTED;
}

/* A command line without its first word, the quotation marks of the rest as they are. */
static wchar_t *rest_of(wchar_t *line)
{
    for (BOOL quoted = FALSE; *line && (quoted || (*line != L' ' && *line != L'\t')); line++)
        if (*line == L'"')
            quoted = !quoted;
    return line + wcsspn(line, L" \t");
}

/* The path of the library, beside this program. */
static BOOL library_beside(wchar_t *path)
{
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    wchar_t *name = length && length < MAX_PATH ? wcsrchr(path, L'\\') : NULL;
    if (!name || name + 1 - path + wcslen(L"junctions.dll") >= MAX_PATH)
        return FALSE;
    wcscpy(name + 1, L"junctions.dll");
    return TRUE;
}

/* Load a library into another process. kernel32 has one address in all processes, so LoadLibraryW is there. */
static BOOL load_into(HANDLE process, const wchar_t *library)
{
    SIZE_T size = (wcslen(library) + 1) * sizeof *library;
    void *there = VirtualAllocEx(process, NULL, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!there || !WriteProcessMemory(process, there, library, size, NULL))
        return FALSE;
    LPTHREAD_START_ROUTINE load = (LPTHREAD_START_ROUTINE)(void *)LoadLibraryW;
    HANDLE thread = CreateRemoteThread(process, NULL, 0, load, there, 0, NULL);
    DWORD loaded = 0;
    return thread && WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 &&
           GetExitCodeThread(thread, &loaded) && loaded;
}

int main(void)
{
    wchar_t library[MAX_PATH], *command = rest_of(GetCommandLineW());
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION program;
    if (!library_beside(library))
        return not_started("its own path is too long");
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &program))
        return not_started("the program could not be started");
    if (!load_into(program.hProcess, library)) {
        int code = not_started("junctions.dll could not be loaded into the program");
        TerminateProcess(program.hProcess, NOT_STARTED);
        return code;
    }
    DWORD code = NOT_STARTED;
    ResumeThread(program.hThread);
    WaitForSingleObject(program.hProcess, INFINITE);
    GetExitCodeProcess(program.hProcess, &code);
    return (int)code;
}
