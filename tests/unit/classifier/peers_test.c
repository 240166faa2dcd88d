// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/mem.h"
#include "services/classifier/peers.h"
#include "tests/unit/folder.h"

enum { GIVE_UP_MS = 10000 };

struct place {
    struct loop *loop;
    struct socket_context *z;
    struct socket *service;
    struct peers *peers;
    struct timer *give_up;
    char endpoint[64], folder[FOLDER_SIZE];
    struct route from;
    int added, received, answered;
    pb_envelope *kept;
};

static void on_added(void *arg, struct peer *peer)
{
    struct place *p = arg;
    assert_null(peer->user);
    peer->user = p;
    p->added++;
}

static void on_removed(void *arg, struct peer *peer)
{
    (void)arg, (void)peer;
    fail_msg("a peer is removed");
}

static void on_message(void *arg, struct peer *peer, pb_envelope **e)
{
    struct place *p = arg;
    assert_ptr_equal(peer->user, p);
    assert_true(peer->heard > 0);
    if (++p->received == 1) { // kept beyond the call
        p->kept = *e;
        *e = NULL;
    }
    loop_stop(p->loop, 0);
}

static const struct peers_events events = {on_added, on_removed, on_message};

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(((struct place *)arg)->loop, 1);
}

// The service answers what it gets with garbage, nothing at all, and a WELCOME.
static void on_service(void *arg, struct socket *s)
{
    struct place *p = arg;
    const uint8_t *bytes;
    size_t size;
    while (socket_receive(s, &p->from, NULL, &bytes, &size) == OK) {
        Newswire__V1__Welcome welcome = NEWSWIRE__V1__WELCOME__INIT;
        pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
        e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_WELCOME;
        e.welcome = &welcome;
        welcome.session = (uint64_t)++p->answered;
        assert_int_equal(socket_send(s, &p->from, NULL, "\xFF\xFF", 2), OK);
        assert_int_equal(socket_send(s, &p->from, NULL, "", 0), OK);
        assert_int_equal(wire_send(s, &p->from, &e), OK);
    }
}

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static int set_up(void **state)
{
    struct place *p = mem_alloc(sizeof *p);
    p->loop = loop_new();
    p->z = socket_context_new();
    p->service = socket_new(p->z, SOCKET_ROUTER, 100);
    p->give_up = timer_new(p->loop, on_give_up, p);
    timer_set(p->give_up, GIVE_UP_MS, false);
    folder_make(p->folder);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    peers_free(&p->peers);
    peers_free(&p->peers);
    socket_free(&p->service);
    wire_envelope_free(&p->kept);
    timer_free(&p->give_up);
    loop_free(&p->loop);
    socket_context_free(&p->z);
    folder_remove(p->folder);
    free(p);
    return 0;
}

static void on_ask(void *arg, struct timer *t)
{
    struct place *p = arg;
    struct peer *peer = NULL;
    (void)t;
    while ((peer = peers_next(p->peers, peer)))
        if (socket_send(peer->socket, NULL, NULL, "x", 1) != ERR_BUSY) // connected
            return;
    timer_set(t, 10, false);
}

// Connects by `name`, asks, and gets an answer; and once more.
static void talk(struct place *p, const char *bind_to, const char *name)
{
    struct problem why;
    if (socket_bind(p->service, bind_to, &why) ||
        peers_new(p->loop, p->z, name, 100, &events, p, &p->peers, &why))
        fail_msg("%s", why.text);
    loop_socket(p->loop, p->service, on_service, p);
    struct timer *ask = timer_new(p->loop, on_ask, p);
    for (int n = 1; n <= 2; n++) {
        timer_set(ask, 0, false);
        assert_int_equal(loop_run(p->loop), 0);
        assert_int_equal(p->received, n);
    }
    assert_int_equal(p->kept->welcome->session, 1);
    timer_free(&ask);
    loop_socket(p->loop, p->service, NULL, NULL);
}

static void a_service_on_a_path_is_connected_to_at_once(void **state)
{
    struct place *p = *state;
    snprintf(p->endpoint, sizeof p->endpoint, "ipc://%.40s/service", p->folder);
    talk(p, p->endpoint, p->endpoint);
    assert_int_equal(p->added, 1);
    assert_int_equal(peers_count(p->peers), 1);
}

static void a_name_is_looked_up_and_each_address_is_a_peer_once(void **state)
{
    struct place *p = *state;
    char name[64];
    int port = free_port();
    snprintf(p->endpoint, sizeof p->endpoint, "tcp://127.0.0.1:%d", port);
    snprintf(name, sizeof name, "tcp://localhost:%d", port);
    talk(p, p->endpoint, name);
    assert_in_range(peers_count(p->peers), 1, 2); // ::1 as well, on some machines
    assert_int_equal(p->added, peers_count(p->peers));
    bool found = false;
    for (struct peer *peer = peers_next(p->peers, NULL); peer; peer = peers_next(p->peers, peer))
        found |= strcmp(peer->endpoint, p->endpoint) == 0;
    assert_true(found);
}

static void an_address_is_a_peer_as_it_is(void **state)
{
    struct place *p = *state;
    snprintf(p->endpoint, sizeof p->endpoint, "tcp://127.0.0.1:%d", free_port());
    talk(p, p->endpoint, p->endpoint);
    assert_string_equal(peers_next(p->peers, NULL)->endpoint, p->endpoint);
    assert_null(peers_next(p->peers, peers_next(p->peers, NULL)));
}

static void what_is_no_endpoint_is_refused(void **state)
{
    static const char *const endpoints[] = {"", "nonsense", "http://x:1", "tcp://", "tcp://host"};
    struct place *p = *state;
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        struct problem why = {""};
        if (peers_new(p->loop, p->z, endpoints[i], 100, &events, p, &p->peers, &why) != ERR_CONFIG)
            fail_msg("%s is taken", endpoints[i]);
        assert_null(p->peers);
        assert_true(*why.text);
    }
}

// Freed while the look-up of a name is under way.
static void an_end_before_the_answer_is_an_end(void **state)
{
    struct place *p = *state;
    struct problem why;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(
            peers_new(p->loop, p->z, "tcp://name.invalid:5551", 100, &events, p, &p->peers, &why),
            OK);
        struct timer *stop = timer_new(p->loop, on_give_up, p);
        timer_set(stop, i % 4, false);
        loop_run(p->loop);
        peers_free(&p->peers);
        timer_free(&stop);
    }
    assert_int_equal(p->added, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_service_on_a_path_is_connected_to_at_once),
        TEST(a_name_is_looked_up_and_each_address_is_a_peer_once),
        TEST(an_address_is_a_peer_as_it_is),
        TEST(what_is_no_endpoint_is_refused),
        TEST(an_end_before_the_answer_is_an_end),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
