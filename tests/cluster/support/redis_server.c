/* redis_server.c - starts, stops and asks a redis-server. */
#include "tests/cluster/support/redis_server.h"

#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#define ARGUMENTS_MAX 32

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

void redis_server_init(struct redis_server *server)
{
    *server = (struct redis_server){.port = free_port(), .directory = "/tmp/parley-redis-XXXXXX"};
    assert_non_null(mkdtemp(server->directory));
    (void)snprintf(server->socket, sizeof server->socket, "%s/redis.sock", server->directory);
}

static void become_redis(const struct redis_server *server, const char *const *options, int log)
{
    char port[8];
    (void)snprintf(port, sizeof port, "%d", server->port);
    const char *arguments[ARGUMENTS_MAX] = {"redis-server", "--port", port,    "--bind",          "127.0.0.1",
                                            "--save",       "",       "--dir", server->directory, "--unixsocket",
                                            server->socket, NULL};
    size_t count = 11;
    for (; options && *options && count < ARGUMENTS_MAX - 1; options++)
        arguments[count++] = *options;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)dup2(log, STDOUT_FILENO);
    (void)execvp("redis-server", (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void wait_until_ready(int log)
{
    char text[16384] = "";
    size_t length = 0;
    while (!strstr(text, "eady to accept connections unix")) { /* the socket comes after the port */
        ssize_t got = read(log, text + length, sizeof text - 1 - length);
        if (got <= 0)
            fail_msg("redis-server (package redis-server) does not start: %s", text);
        length += (size_t)got;
        text[length] = '\0';
        if (strstr(text, "connections at ")) /* as Redis 6 and 7 say it, of the socket */
            break;
    }
}

void redis_server_start(struct redis_server *server, const char *const *options)
{
    int log[2];
    assert_int_equal(pipe(log), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0)
        become_redis(server, options, log[1]);
    (void)close(log[1]);
    wait_until_ready(log[0]);
    (void)close(log[0]);
}

void redis_server_signal(struct redis_server *server, int signal)
{
    assert_true(server->pid > 0);
    assert_int_equal(kill(server->pid, signal), 0);
}

void redis_server_kill(struct redis_server *server)
{
    if (!server->pid)
        return;
    redis_server_signal(server, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void redis_server_fini(struct redis_server *server)
{
    redis_server_kill(server);
    (void)unlink(server->socket);
    (void)rmdir(server->directory);
}

static void write_answer(const redisReply *reply, char *out, size_t size)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        (void)snprintf(out, size, "%lld", reply->integer);
    else
        (void)snprintf(out, size, "%s", reply->str ? reply->str : "");
}

const char *redis_server_ask(const struct redis_server *server, const char *const *words)
{
    static char answer[4096];
    int count = 0;
    while (words[count])
        count++;
    redisContext *context = redisConnectUnix(server->socket);
    assert_true(context && !context->err);
    if (server->password)
        freeReplyObject(redisCommand(context, "AUTH %s", server->password));
    redisReply *reply = redisCommandArgv(context, count, (const char **)(uintptr_t)words, NULL);
    assert_non_null(reply);
    write_answer(reply, answer, sizeof answer);
    freeReplyObject(reply);
    redisFree(context);
    return answer;
}
