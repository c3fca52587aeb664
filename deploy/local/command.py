"""Runs the caller's command with the servers' addresses, passes signals on to it and gives its exit code."""

import os
import signal
from collections.abc import Mapping, Sequence

NOT_EXECUTABLE = 126
NOT_FOUND = 127
SIGNALLED = 128

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The kernel's own signals, as those of the terminal's keys, say so (asm-generic/siginfo.h).
_SI_KERNEL = 0x80


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The command's exit code, 128 and the signal's number when one ended it, as a shell gives it.

    Raises OSError when the command cannot be executed.
    """
    awaited = {*_PASSED_ON, signal.SIGCHLD}
    # Blocked and fetched one by one: none gets lost between two looks at the command.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    try:
        child = os.posix_spawnp(command[0], list(command), dict(environment), setsigmask=before)
        while True:
            came = signal.sigwaitinfo(awaited)
            if came.si_signo == signal.SIGCHLD:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    code = os.waitstatus_to_exitcode(status)
                    return code if code >= 0 else SIGNALLED - code
            elif not (came.si_signo == signal.SIGINT and came.si_code == _SI_KERNEL):
                # Ctrl-C is left out: the terminal has already sent it to the command as well.
                os.kill(child, came.si_signo)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
