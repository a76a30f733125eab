"""What a process takes of large blocks goes back to the system when they are free.

glibc takes blocks of 128 KiB and more from the system one by one, but with each that is freed it
raises that bound, up to 32 MiB; larger blocks then come from the heap, where a small one above
keeps them. A document of 7 MiB whose checkpoints are made again and again left 50 MiB behind.
"""

from __future__ import annotations

import ctypes

#: Blocks from here on are taken from the system and given back, each by itself, in bytes.
LARGE_BYTES = 256 * 1024
#: Of <malloc.h>.
_M_MMAP_THRESHOLD = -3


def give_large_blocks_back() -> bool:
    """Fix the bound for this process; return whether its C library has one."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES))
