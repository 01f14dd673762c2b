"""What holds for every test.

An interruption reaches it, also where all of them run in the background of a shell that has it ignored. And no
certificate of the world is trusted: nothing here talks to the world, and to read them all takes longer than to make
a whole agent.
"""

import os
import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["SSL_CERT_FILE"] = os.devnull
