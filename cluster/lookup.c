/* lookup.c - getaddrinfo() in a thread that its caller may leave behind. */
#include "cluster/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define STACK_BYTES (256 * 1024) /* resolvers are not modest */

/* Owned by the thread and the caller; the last of them frees it. */
struct lookup {
    atomic_int owners;
    atomic_bool is_done;
    char *host;
    struct lookup_answer answer;
};

bool lookup_is_address(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static void let_go(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->owners, 1) > 1)
        return;
    free(lookup->host);
    free(lookup);
}

static void take_addresses(const struct addrinfo *found, struct lookup_answer *out)
{
    for (; found && out->count < LOOKUP_ADDRESSES_MAX; found = found->ai_next) {
        char *text = out->addresses[out->count];
        if (getnameinfo(found->ai_addr, found->ai_addrlen, text, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST) == 0)
            out->count++;
    }
    if (!out->count)
        out->problem = "it has no address";
}

static void *run(void *context)
{
    struct lookup *lookup = context;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int status = getaddrinfo(lookup->host, NULL, &hints, &found);
    if (status)
        lookup->answer.problem = gai_strerror(status);
    else
        take_addresses(found, &lookup->answer);
    if (found)
        freeaddrinfo(found);
    atomic_store(&lookup->is_done, true);
    let_go(lookup);
    return NULL;
}

static bool start_thread(struct lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads that expect them */
    bool is_started = pthread_create(&thread, &attributes, run, lookup) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return is_started;
}

struct lookup *lookup_create(const char *host)
{
    struct lookup *lookup = memory_new(sizeof *lookup);
    lookup->host = memory_text(slice_from_text(host));
    atomic_init(&lookup->owners, 2);
    if (start_thread(lookup))
        return lookup;
    atomic_store(&lookup->owners, 1);
    return lookup_destroy(lookup);
}

bool lookup_is_done(struct lookup *lookup, struct lookup_answer *out_answer)
{
    if (!atomic_load(&lookup->is_done))
        return false;
    *out_answer = lookup->answer;
    return true;
}

struct lookup *lookup_destroy(struct lookup *lookup)
{
    if (lookup)
        let_go(lookup);
    return NULL;
}
