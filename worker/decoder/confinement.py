"""What a process that decodes cannot do: talk to anybody, start anything, touch other files, grow or spin without end.

FFmpeg is a million lines that meet strangers' bytes. Whoever takes it over should find a process without network,
programs, files and passwords. Files are out of reach by Landlock, calls by seccomp; both are asked for, because either
may be missing.
"""

import contextlib
import errno
import importlib
import os
import resource
import sysconfig
from pathlib import Path
from typing import Any

_MOST_MEMORY_BYTES = 768 * 1024**2
"""Decoders of the formats that we open stay under 100 MB, Python and NumPy included."""

_GRACE_S = 5
_CLONE_THREAD = 0x00010000

# Flags of open that change a file, each with what it looks like: some do so whatever a file is opened for.
_WRITING = (
    (os.O_ACCMODE, os.O_WRONLY),
    (os.O_ACCMODE, os.O_RDWR),
    (os.O_CREAT, os.O_CREAT),
    (os.O_TRUNC, os.O_TRUNC),
)

# By name, because their numbers differ between processors; libseccomp skips those that a processor does not have.
_REFUSED_CALLS = """
socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg
execve execveat fork vfork ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd
creat mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat renameat2 unlink unlinkat rmdir
truncate ftruncate fallocate chmod fchmod fchmodat fchmodat2 chown fchown fchownat lchown
utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
mount umount2 pivot_root chroot setns unshare bpf perf_event_open io_uring_setup userfaultfd keyctl add_key
kill tkill rt_sigqueueinfo pidfd_send_signal memfd_create open_by_handle_at
""".split()


def confine(file: Path, *, max_cpu_s: int) -> bool:
    """Confine this process from now on, for good. Libraries must be imported and standard output opened before.

    Args:
        file: What it is to read. Beside Python's libraries it may open files in the same folder, not list them.
        max_cpu_s: CPU time (s) after which the kernel ends the process.

    Returns:
        Whether files and system calls are out of reach too, which needs Linux's Landlock and libseccomp; sizes and
        times are bounded anyway.
    """
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_DATA, _MOST_MEMORY_BYTES)
    # The soft bound says why, the hard one ends who will not hear.
    _bound(resource.RLIMIT_CPU, max_cpu_s, hard=max_cpu_s + _GRACE_S)
    # Both before files are out of reach.
    landlock, seccomp = _library("landlockpy"), _library("pyseccomp")
    is_locked = landlock is not None and _lock_files_away(landlock, file)
    if seccomp is not None:
        _refuse_calls(seccomp)
    return is_locked and seccomp is not None


def _library(name: str) -> Any:
    """Import what there is for Linux alone, and what fails to import where the system lacks its half."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError):
        return None


def _lock_files_away(landlock: Any, but: Path) -> bool:
    """Let nothing be read but a file's folder and Python's libraries, nothing be written, nobody be signalled."""
    access = landlock.AccessFS
    try:
        with landlock.Ruleset(scoped=landlock.Scope.SIGNAL) as rules:
            with contextlib.suppress(FileNotFoundError):
                # Not the file alone: who stores the same bytes again puts another in its place while it is decoded.
                rules.allow_path(but.resolve().parent, access.READ_FILE)
            for library in {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}:
                rules.allow_path(library, access.READ_FILE | access.READ_DIR)
            rules.restrict()
    except landlock.LandlockError:
        return False
    return True


def _refuse_calls(seccomp: Any) -> None:
    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for call in _REFUSED_CALLS:
        rules.add_rule(refuse, call)
    # FFmpeg may start threads, nobody may start a process. What clone3 is asked for no filter can see: without it the C
    # library uses clone.
    rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for flags, harmful in _WRITING:
        rules.add_rule(refuse, "open", seccomp.Arg(1, seccomp.MASKED_EQ, flags, harmful))
        rules.add_rule(refuse, "openat", seccomp.Arg(2, seccomp.MASKED_EQ, flags, harmful))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "openat2")
    # A process may abort itself, and look at its own bounds.
    for call in ("tgkill", "rt_tgsigqueueinfo"):
        rules.add_rule(refuse, call, seccomp.Arg(0, seccomp.NE, os.getpid()))
    rules.add_rule(refuse, "prlimit64", seccomp.Arg(0, seccomp.NE, 0))
    rules.load()


def _bound(what: int, most: int, *, hard: int | None = None) -> None:
    _, allowed = resource.getrlimit(what)
    soft, hard = (
        wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
        for wanted in (most, most if hard is None else hard)
    )
    resource.setrlimit(what, (soft, hard))
