/* listener.c - sockets that listen. */
#include "signaling/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG  1024
#define HOST_MAX 254

struct endpoint {
    char host[HOST_MAX];
    char port[6];
};

static bool complain(const char *address, const char *why, char *out_error)
{
    snprintf(out_error, LISTENER_ERROR_MAX, "cannot listen on %.80s: %.80s", address, why);
    return false;
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* HOST:PORT or [IPv6]:PORT; the port is after the last colon. */
static bool split_address(const char *address, struct endpoint *out)
{
    const char *colon = strrchr(address, ':');
    if (!colon || strlen(colon + 1) >= sizeof out->port || !is_number(colon + 1))
        return false;
    const char *start = address;
    size_t length = (size_t)(colon - address);
    if (length >= 2 && start[0] == '[' && start[length - 1] == ']') {
        start++;
        length -= 2;
    } else if (memchr(start, ':', length)) {
        return false; /* an IPv6 address without brackets: its port would be guessed */
    }
    if (length == 0 || length >= sizeof out->host)
        return false;
    memcpy(out->host, start, length);
    out->host[length] = '\0';
    strcpy(out->port, colon + 1);
    return true;
}

/* Gives up the socket and keeps the reason in errno. */
static int drop(int fd)
{
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int open_resolved(const struct addrinfo *info)
{
    const int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return drop(fd);
    if (info->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return drop(fd);
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
        return drop(fd);
    return fd;
}

static bool open_tcp(const char *address, int *out_fd, char *out_error)
{
    struct endpoint endpoint;
    if (!split_address(address, &endpoint))
        return complain(address, "it is not HOST:PORT or [IPv6]:PORT", out_error);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    int failure = getaddrinfo(endpoint.host, endpoint.port, &hints, &found);
    if (failure != 0)
        return complain(address, gai_strerror(failure), out_error);
    int fd = open_resolved(found);
    freeaddrinfo(found);
    if (fd < 0)
        return complain(address, strerror(errno), out_error);
    *out_fd = fd;
    return true;
}

/* A socket file that a former run left behind is in the way; any other file is not ours to remove. */
/* Whether somebody listens there. */
static bool is_alive(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof name.sun_path)
        return false;
    memcpy(name.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_answered = fd >= 0 && (connect(fd, (const struct sockaddr *)&name, sizeof name) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return is_answered;
}

static void remove_stale(const char *path)
{
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) && !is_alive(path))
        unlink(path);
}

static bool open_unix(const char *address, const char *path, int *out_fd, char *out_error)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || strlen(path) >= sizeof name.sun_path)
        return complain(address, "the path is empty or too long", out_error);
    strcpy(name.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return complain(address, strerror(errno), out_error);
    remove_stale(path);
    if (bind(fd, (const struct sockaddr *)&name, sizeof name) != 0 || listen(fd, BACKLOG) != 0) {
        drop(fd);
        return complain(address, strerror(errno), out_error);
    }
    *out_fd = fd;
    return true;
}

bool listener_open(const char *address, int *out_fd, char out_error[LISTENER_ERROR_MAX])
{
    if (strncmp(address, "unix:", 5) == 0)
        return open_unix(address, address + 5, out_fd, out_error);
    return open_tcp(address, out_fd, out_error);
}

unsigned listener_port(int fd)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &length) != 0)
        return 0;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    memcpy(&in, &name, sizeof in);
    memcpy(&in6, &name, sizeof in6);
    if (name.ss_family == AF_INET)
        return ntohs(in.sin_port);
    return name.ss_family == AF_INET6 ? ntohs(in6.sin6_port) : 0;
}
