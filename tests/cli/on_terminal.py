# SPDX-License-Identifier: MIT
"""Runs a command on a terminal of its own and types at it.

usage: on_terminal.py PATTERN KEYS COMMAND [ARG...]

Once PATTERN has appeared in the output, KEYS are typed; Python escapes such as \\x03 are understood.
Prints what the terminal showed; the exit status is the command's, 128 + n after signal n.
"""
import os
import pty
import sys


def main():
    pattern, keys, command = sys.argv[1].encode(), sys.argv[2], sys.argv[3:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    shown, typed = b"", False
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # EIO: the last process on the terminal has closed it
            break
        if not chunk:
            break
        shown += chunk
        if not typed and pattern in shown:
            os.write(terminal, keys.encode().decode("unicode_escape").encode())
            typed = True
    sys.stdout.write(shown.decode(errors="replace").replace("\r\n", "\n"))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(status if status >= 0 else 128 - status)


main()
