// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/pdf_jail.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "services/fetcher/extract/pdf.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Never raises what is lower already.
static bool limit(__rlimit_resource_t which, rlim_t most)
{
    struct rlimit l;
    if (getrlimit(which, &l) != 0)
        return false;
    if (l.rlim_max != RLIM_INFINITY && l.rlim_max < most)
        most = l.rlim_max;
    return setrlimit(which, &(struct rlimit){most, most}) == 0;
}

// No sockets: a document has no business on the network.
static bool forbid_sockets(void)
{
#ifdef ARCHITECTURE
    enum { X32 = 0x40000000 }; // the other system calls of x86-64
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    // A kernel without filters, or a container that forbids more of them, has none to give.
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 || errno == EINVAL ||
           errno == EPERM;
#else
    return true;
#endif
}

bool pdf_jail(pid_t parent, int seconds)
{
    const rlim_t mb = 1 << 20;
    const rlim_t cpu = (rlim_t)seconds + 1; // the parent's deadline comes first and has the words
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && limit(RLIMIT_CPU, cpu) &&
           limit(RLIMIT_AS, PDF_MEMORY_MAX_MB * mb) && limit(RLIMIT_CORE, 0) &&
           limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, PDF_FILES_MAX) && forbid_sockets();
}
