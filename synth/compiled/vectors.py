"""What the compiled inner loops are written in: LLVM's vectors, as wide as this processor likes them.

The innermost loops are written in LLVM's own terms, because a compiler left to itself keeps no tile of sums in
registers; numba carries LLVM, so no compiler is needed on the user's machine. All addresses are byte addresses, all
strides count floats.
"""

from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import cgutils

F32, I64 = ir.FloatType(), ir.IntType(64)
_FEATURES = llvm.get_host_cpu_features()
# 512-bit vectors only where the processor is known to like them: on Intel's latest servers a block takes 0.6 times as
# long with them as with 256 bits.
_LIKES_512 = ("znver4", "znver5", "sapphirerapids", "emeraldrapids", "graniterapids")
LANES = 16 if llvm.get_host_cpu_name().startswith(_LIKES_512) else 8 if _FEATURES.get("avx") else 4
HAS_32_REGISTERS = bool(_FEATURES.get("avx512vl")) or LANES == 4
HAS_FMA = bool(_FEATURES.get("fma"))
"""A product and a sum are rounded once."""
VECTOR = ir.VectorType(F32, LANES)


def pointer(b: Any, address: Any, offset: Any = None, kind: Any = F32) -> Any:
    base = b.inttoptr(address, F32.as_pointer())
    if offset is not None:
        base = b.gep(base, [offset])
    return base if kind is F32 else b.bitcast(base, kind.as_pointer())


def load(b: Any, address: Any, offset: Any = None) -> Any:
    """A vector from anywhere."""
    return b.load(pointer(b, address, offset, VECTOR), align=4)


def store(b: Any, vector: Any, address: Any, offset: Any = None) -> None:
    b.store(vector, pointer(b, address, offset, VECTOR), align=4)


def splat(b: Any, scalar: Any) -> Any:
    one = b.insert_element(ir.Constant(VECTOR, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return b.shuffle_vector(one, ir.Constant(VECTOR, ir.Undefined), lanes)


def constant(value: float) -> Any:
    return ir.Constant(VECTOR, [ir.Constant(F32, float(np.float32(value)))] * LANES)


def muladd(b: Any, x: Any, y: Any, z: Any) -> Any:
    """x · y + z."""
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    return b.call(cgutils.get_or_insert_function(b.module, kind, f"llvm.fmuladd.v{LANES}f32"), [x, y, z])


def fence(b: Any) -> None:
    """No load moves across: LLVM would fetch all it can ahead, run out of registers and spill the sums."""
    b.asm(ir.FunctionType(ir.VoidType(), []), "", "~{memory}", [], True)


def prefetch(b: Any, address: Any, offset: Any, writes: bool = False) -> None:
    """Bring a line near before it is read or written."""
    byte, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32])
    to = b.bitcast(pointer(b, address, offset), byte)
    b.call(cgutils.get_or_insert_function(b.module, kind, "llvm.prefetch.p0i8"), [to, i32(int(writes)), i32(3), i32(1)])
