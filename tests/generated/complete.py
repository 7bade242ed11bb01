"""Types into an interactive bash and answers what the completion made of it.

Called with the folder of the program, the completion script and the keys to type. Prints the lines
that the shell runs as a command named `lastwill`: a function of that name shows its words.
"""

import os
import pty
import select
import sys
import time

bin_folder, script, keys = sys.argv[1:4]
pid, terminal = pty.fork()
if pid == 0:
    os.environ["PATH"] = bin_folder + ":" + os.environ["PATH"]
    os.environ["PS1"] = "ready> "
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])


def read_until(mark):
    seen = b""
    end = time.monotonic() + 20
    while mark not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096)
    return seen


read_until(b"ready> ")
os.write(terminal, f"source {script}; show() {{ printf '<%s>' \"$@\"; echo; }}\n".encode())
read_until(b"ready> ")
os.write(terminal, keys.encode().decode("unicode_escape").encode())
# The line is moved into a command that shows its words.
os.write(terminal, b"\x01show \n")
seen = read_until(b">\r\n")
print([line for line in seen.decode().splitlines() if line.startswith("<")][-1])
os.write(terminal, b"\x15exit\n")
os.waitpid(pid, 0)
