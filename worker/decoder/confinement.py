"""What a process that decodes cannot do: talk to anybody, start anything, write anywhere, grow or spin without end.

FFmpeg is a million lines that meet strangers' bytes. Whoever takes it over should find a process without network,
programs, files to write and passwords.
"""

import errno
import os
import resource

_MOST_MEMORY_BYTES = 768 * 1024**2
"""Decoders of the formats that we open stay under 100 MB, Python and NumPy included."""

_CLONE_THREAD = 0x00010000

# By name, because their numbers differ between processors; libseccomp skips those that a processor does not have.
_REFUSED_CALLS = """
socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg
execve execveat fork vfork ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd
creat mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat renameat2 unlink unlinkat rmdir
truncate ftruncate chmod fchmod fchmodat chown fchown fchownat lchown setxattr
mount umount2 pivot_root chroot setns unshare bpf perf_event_open io_uring_setup userfaultfd keyctl add_key
kill tkill rt_sigqueueinfo memfd_create open_by_handle_at
""".split()


def confine(*, max_cpu_s: int) -> bool:
    """Confine this process from now on, for good. Libraries must be imported and standard output opened before.

    Args:
        max_cpu_s: CPU time (s) after which the kernel ends the process.

    Returns:
        Whether system calls are refused too, which needs Linux's libseccomp; sizes and times are bounded anyway.
    """
    try:
        import pyseccomp as seccomp  # noqa: PLC0415 - raises where there is no libseccomp
    except (ImportError, RuntimeError):
        seccomp = None
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_DATA, _MOST_MEMORY_BYTES)
    _bound(resource.RLIMIT_CPU, max_cpu_s)
    if seccomp is None:
        return False
    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for call in _REFUSED_CALLS:
        rules.add_rule(refuse, call)
    # FFmpeg may start threads, nobody may start a process. What clone3 is asked for no filter can see: without it the C
    # library uses clone.
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for access in (os.O_WRONLY, os.O_RDWR):
        rules.add_rule(refuse, "open", seccomp.Arg(1, seccomp.MASKED_EQ, os.O_ACCMODE, access))
        rules.add_rule(refuse, "openat", seccomp.Arg(2, seccomp.MASKED_EQ, os.O_ACCMODE, access))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "openat2")
    rules.load()
    return True


def _bound(what: int, most: int) -> None:
    _, allowed = resource.getrlimit(what)
    most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    # The hard bound on time kills without a word, the soft one says why.
    resource.setrlimit(what, (most, allowed if what == resource.RLIMIT_CPU else most))
