/* Loaded before libc (LD_PRELOAD): one call of fsync or fdatasync fails with EIO, the later ones succeed, as on Linux,
   where the page that could not be written counts as clean after it was reported once. A program that tries again
   believes that its data is safe.

   FAULT_FOLDER  only files below this folder count
   FAULT_SUFFIX  only files whose path ends so count; empty: all
   FAULT_ARM     calls count once this file exists; empty: from the start
   FAULT_CALL    the number of the call that fails, from 1
   FAULT_LIE     if set, no call fails: each says that the data is safe and does nothing
   FAULT_MARK    made just before that call returns, with the path of the file in it */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };
static int calls;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int counts(int fd, char *path) {
    char link[64];
    const char *folder = setting("FAULT_FOLDER"), *suffix = setting("FAULT_SUFFIX"), *arm = setting("FAULT_ARM");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_BYTES - 1);
    if (length < 0 || !*folder) return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder)) != 0) return 0;
    size_t tail = strlen(suffix);
    if ((size_t)length < tail || strcmp(path + length - tail, suffix) != 0) return 0;
    return !*arm || access(arm, F_OK) == 0;
}

static int lies(int fd) {
    char path[PATH_BYTES];
    return *setting("FAULT_LIE") && counts(fd, path);
}

static int fails(int fd) {
    char path[PATH_BYTES];
    if (!counts(fd, path) || __sync_add_and_fetch(&calls, 1) != atoi(setting("FAULT_CALL"))) return 0;
    int mark = open(setting("FAULT_MARK"), O_CREAT | O_WRONLY, 0600);
    if (mark >= 0 && write(mark, path, strlen(path)) >= 0) close(mark);
    errno = EIO;
    return 1;
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    if (lies(fd)) return 0;
    return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    if (lies(fd)) return 0;
    return fails(fd) ? -1 : real(fd);
}
