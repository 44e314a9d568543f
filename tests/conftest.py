"""One thread a process, unless OMP_NUM_THREADS says otherwise: on a busy machine threads that wait
for each other cost many times what they save."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
