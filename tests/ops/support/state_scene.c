/* state_scene.c - a directory for one test, and files in it. */
#include "tests/ops/support/state_scene.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 512

int state_scene_start(void **state)
{
    struct state_scene *scene = calloc(1, sizeof *scene);
    if (!scene)
        return -1;
    (void)strcpy(scene->parent, "/tmp/parley-test-XXXXXX");
    if (!mkdtemp(scene->parent))
        return -1;
    (void)snprintf(scene->directory, sizeof scene->directory, "%s/state", scene->parent);
    *state = scene;
    return 0;
}

static void remove_tree(const char *path)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char inner[PATH_SIZE];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0)
            remove_tree(inner);
    }
    if (directory)
        (void)closedir(directory);
    (void)rmdir(path);
}

int state_scene_end(void **state)
{
    struct state_scene *scene = *state;
    remove_tree(scene->parent);
    free(scene);
    return 0;
}

static void path_of(const struct state_scene *scene, const char *name, char out[PATH_SIZE])
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", scene->directory, name);
}

void state_scene_write(const struct state_scene *scene, const char *name, const char *text, size_t length, mode_t mode)
{
    char path[PATH_SIZE];
    path_of(scene, name, path);
    (void)mkdir(scene->directory, 0700);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert(fd >= 0);
    ssize_t written = write(fd, text, length);
    assert(written == (ssize_t)length);
    int status = fchmod(fd, mode);
    assert(status == 0);
    (void)close(fd);
}

size_t state_scene_read(const struct state_scene *scene, const char *name, char *out, size_t size)
{
    char path[PATH_SIZE];
    path_of(scene, name, path);
    int fd = open(path, O_RDONLY);
    ssize_t count = fd >= 0 ? read(fd, out, size - 1) : 0;
    if (fd >= 0)
        (void)close(fd);
    assert(count >= 0);
    out[count] = '\0';
    return (size_t)count;
}

bool state_scene_has(const struct state_scene *scene, const char *name)
{
    char path[PATH_SIZE];
    path_of(scene, name, path);
    return access(path, F_OK) == 0;
}

mode_t state_scene_mode(const struct state_scene *scene, const char *name)
{
    char path[PATH_SIZE];
    struct stat status = {0};
    path_of(scene, name, path);
    int result = stat(path, &status);
    assert(result == 0);
    return status.st_mode & 07777;
}
