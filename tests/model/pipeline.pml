// SPDX-License-Identifier: MIT
// The delivery protocol of proto/PROTOCOL.md as a model that SPIN searches completely: one fetcher F
// with two announcements in its outbox, two classifiers C, one sink S, windows of one, and an Env that
// injects up to BUDGET faults anywhere: kill -9 of any process, cut connections, leases that expire
// although nothing is wrong. Announcement 1 may be poison. What must hold in every order of events:
//
//   P1  what leaves the outbox on an ACK was committed
//   P2  each announcement is published once
//   P3  only poison is dead-lettered
//   P4  when all is quiet nothing is left over: each was committed or (if poison) buried, and the
//       sink's sequence has no gap
//   and nothing deadlocks (SPIN's own check of invalid end states)
//
// Four shortcuts that look right are kept as variants. ./check sees SPIN refuse each of them, so that
// a property that could not fail would be noticed:
//
//   DRAFT_ATTEMPTS   a lease that expires counts as an attempt      breaks P3: healthy text is buried
//   DRAFT_CREDIT     classifiers grant credit message by message    breaks P4: lost credit stalls all
//   ACK_EARLY        the sink acknowledges before it commits        breaks P1
//   DRAFT_RETENTION  the sink forgets ids that may come again       breaks P2
#define ANNOUNCEMENTS 2
#define CLASSIFIERS 2
#define DEATHS 2 // the real number is 3; 2 shows the same and is far smaller
#ifndef BUDGET
#define BUDGET 2
#endif
#define NONE 255

mtype = { HELLO, HB, RESET, DATA, ACK, NACK, CREDIT };

// Connections. A full one drops what is sent (a high-water mark), as libzmq may.
chan f2c[CLASSIFIERS] = [2] of { mtype, byte, byte }; // kind, announcement, session
chan c2f[CLASSIFIERS] = [2] of { mtype, byte, byte };
chan c2s[CLASSIFIERS] = [1] of { byte };
chan s2c[CLASSIFIERS] = [1] of { byte };

// Durable: the fetcher's ledger and the sink's store.
bool outbox[ANNOUNCEMENTS] = true;
bool dead[ANNOUNCEMENTS];
byte deaths[ANNOUNCEMENTS];
bool known[ANNOUNCEMENTS]; // the sink's id ledger
byte head;                 // the sink's newest sequence

// What the properties look at, seen by no process.
bool committed[ANNOUNCEMENTS];
byte published[ANNOUNCEMENTS];
bool poison[ANNOUNCEMENTS];

// Volatile: F's leases and sessions, C's hands, what S has received and not committed.
byte lease[ANNOUNCEMENTS] = NONE;
byte session[CLASSIFIERS];
byte credit[CLASSIFIERS]; // DRAFT_CREDIT only
byte held[CLASSIFIERS] = NONE;
bool forwarded[CLASSIFIERS];
byte mine[CLASSIFIERS]; // the session that C believes it has
byte next_session = 1;
byte received[CLASSIFIERS] = NONE;

byte faults = BUDGET;

#define leases_of(w) ((lease[0] == w && outbox[0]) + (lease[1] == w && outbox[1]))
#define some_leased ((outbox[0] && lease[0] != NONE) || (outbox[1] && lease[1] != NONE))

#define send3(ch, kind, i, s) if :: nfull(ch) -> ch!kind, i, s :: full(ch) -> skip fi
#define send1(ch, i) if :: nfull(ch) -> ch!i :: full(ch) -> skip fi

inline drain3(ch) { do :: nempty(ch) -> ch?_, _, _ :: empty(ch) -> break od }
inline drain1(ch) { do :: nempty(ch) -> ch?_ :: empty(ch) -> break od }

// ---- the fetcher

inline release(w)
{
    if :: lease[0] == w -> lease[0] = NONE :: else fi;
    if :: lease[1] == w -> lease[1] = NONE :: else fi
}

inline bury(i)
{
    dead[i] = true;
    outbox[i] = false;
    lease[i] = NONE;
    assert(poison[i]) // P3
}

inline count_death(i)
{
    deaths[i]++;
    if :: deaths[i] >= DEATHS -> bury(i) :: else fi
}

inline expire(i)
{
    lease[i] = NONE;
#ifdef DRAFT_ATTEMPTS
    count_death(i)
#endif
}

inline acknowledged(i)
{
    if
    :: outbox[i] ->
        assert(committed[i]); // P1
        outbox[i] = false;
        lease[i] = NONE
    :: else
    fi
}

inline refused(i, w)
{
    if
    :: outbox[i] && lease[i] == w ->
        lease[i] = NONE;
        count_death(i)
    :: else
    fi
}

inline fetcher_receives(w)
{
    if
    :: kind == HELLO ->
        release(w);
        session[w] = s;
        credit[w] = 1
    :: kind == ACK -> acknowledged(i)
    :: kind == NACK -> refused(i, w)
    :: kind == CREDIT -> credit[w]++
    :: kind == HB -> skip
    fi;
    if :: kind != HELLO && s != session[w] -> send3(f2c[w], RESET, 0, s) :: else fi;
    kind = 0; i = 0; s = 0
}

// Credit is not on the wire: F counts the leases of a session.
#ifdef DRAFT_CREDIT
#define may_send(w) (session[w] != 0 && credit[w] > 0)
#define take_credit(w) credit[w]--
#else
#define may_send(w) (session[w] != 0 && leases_of(w) < 1)
#define take_credit(w) skip
#endif

inline deliver(w, i)
{
    take_credit(w);
    lease[i] = w;
    send3(f2c[w], DATA, i, session[w])
}

active proctype F()
{
    byte i, s;
    mtype kind;
end:
    do
    :: atomic { c2f[0]?kind, i, s -> fetcher_receives(0) }
    :: atomic { c2f[1]?kind, i, s -> fetcher_receives(1) }
    :: atomic { may_send(0) && outbox[0] && lease[0] == NONE -> deliver(0, 0) }
    :: atomic { may_send(0) && outbox[1] && lease[1] == NONE -> deliver(0, 1) }
    :: atomic { may_send(1) && outbox[0] && lease[0] == NONE -> deliver(1, 0) }
    :: atomic { may_send(1) && outbox[1] && lease[1] == NONE -> deliver(1, 1) }
    // Timers are slow: a true expiry comes when nothing else can move.
    :: atomic { timeout && outbox[0] && lease[0] != NONE -> expire(0) }
    :: atomic { timeout && outbox[1] && lease[1] != NONE -> expire(1) }
    od
}

// ---- a classifier

inline hello(w)
{
    mine[w] = next_session;
    next_session = (next_session % 200) + 1;
    send3(c2f[w], HELLO, 0, mine[w])
}

inline grant_credit(w)
{
#ifdef DRAFT_CREDIT
    send3(c2f[w], CREDIT, 0, mine[w])
#else
    skip
#endif
}

proctype C(byte w)
{
    byte i, s;
    mtype kind;
    atomic { hello(w) };
end:
    do
    :: atomic { f2c[w]?kind, i, s ->
        if
        :: kind == RESET && s == mine[w] -> hello(w)
        :: kind == DATA && s == mine[w] && held[w] == NONE ->
            held[w] = i;
            forwarded[w] = false
        :: else -> skip
        fi;
        kind = 0; i = 0; s = 0
    }
    // Its worker died on it: POISON.
    :: atomic { held[w] != NONE && !forwarded[w] && poison[held[w]] ->
        send3(c2f[w], NACK, held[w], mine[w]);
        held[w] = NONE;
        grant_credit(w)
    }
    :: atomic { held[w] != NONE && !forwarded[w] && !poison[held[w]] ->
        send1(c2s[w], held[w]);
        forwarded[w] = true
    }
    :: atomic { s2c[w]?i ->
        send3(c2f[w], ACK, i, mine[w]);
        if
        :: held[w] == i ->
            held[w] = NONE;
            forwarded[w] = false
        :: else
        fi;
        i = 0;
        grant_credit(w)
    }
    // No PUTACK: put it again.
    :: atomic { timeout && held[w] != NONE && forwarded[w] -> forwarded[w] = false }
    // The heartbeat finds out that F has forgotten us.
#ifdef DRAFT_CREDIT
    :: atomic { timeout && session[w] == 0 -> send3(c2f[w], HELLO, 0, mine[w]) }
#else
    :: atomic { timeout && session[w] != mine[w] -> send3(c2f[w], HB, 0, mine[w]) }
#endif
    od
}

// ---- the sink

inline commit(i)
{
    if
    :: !known[i] ->
        known[i] = true;
        committed[i] = true;
        head++;
        published[i]++;
        assert(published[i] <= 1) // P2
    :: else
    fi
}

inline sink_receives(w)
{
    c2s[w]?i;
    received[w] = i;
    i = 0
#ifdef ACK_EARLY
    ; send1(s2c[w], received[w])
#endif
}

inline sink_commits(w)
{
    commit(received[w]);
    send1(s2c[w], received[w]);
    received[w] = NONE
}

active proctype S()
{
    byte i;
end:
    do
    :: atomic { received[0] == NONE && nempty(c2s[0]) -> sink_receives(0) }
    :: atomic { received[1] == NONE && nempty(c2s[1]) -> sink_receives(1) }
    :: atomic { received[0] != NONE -> sink_commits(0) }
    :: atomic { received[1] != NONE -> sink_commits(1) }
    od
}

// ---- faults

// A connection between F and C breaks. EHOSTUNREACH tells F: the routing id is gone.
inline cut(w)
{
    drain3(f2c[w]);
    drain3(c2f[w])
#ifndef DRAFT_CREDIT
    ; release(w);
    session[w] = 0
#endif
}

inline kill_fetcher()
{
    lease[0] = NONE; lease[1] = NONE;
    session[0] = 0; session[1] = 0;
    credit[0] = 0; credit[1] = 0;
    drain3(f2c[0]); drain3(f2c[1]);
    drain3(c2f[0]); drain3(c2f[1])
}

inline kill_classifier(w)
{
    held[w] = NONE;
    forwarded[w] = false;
    cut(w);
    drain1(c2s[w]);
    drain1(s2c[w]);
    hello(w) // it is started again
}

inline kill_sink()
{
    received[0] = NONE; received[1] = NONE;
    drain1(c2s[0]); drain1(c2s[1]);
    drain1(s2c[0]); drain1(s2c[1])
}

#define settled(i) (!outbox[i] && (committed[i] || dead[i]))
#define quiet (!some_leased && held[0] == NONE && held[1] == NONE && \
               session[0] == mine[0] && session[1] == mine[1])

active proctype Env()
{
    atomic {
        if :: poison[1] = true :: skip fi;
        run C(0);
        run C(1)
    };
end:
    do
    :: atomic { faults > 0 ->
        faults--;
        if
        :: kill_fetcher()
        :: kill_classifier(0)
        :: kill_classifier(1)
        :: kill_sink()
        :: cut(0)
        :: cut(1)
        :: drain1(c2s[0]); drain1(s2c[0]) // between C and S
        :: outbox[0] && lease[0] != NONE -> expire(0) // too early
        :: outbox[1] && lease[1] != NONE -> expire(1)
#ifdef DRAFT_RETENTION
        :: known[0] -> known[0] = false
#endif
        fi
    }
    :: atomic { timeout && quiet ->
        assert(settled(0) && settled(1) && head == committed[0] + committed[1]); // P4
        break
    }
    od
}
