/* SPDX-License-Identifier: MIT */
/*
 * unusual_cfi_x86_64.S - a function whose row of unwind information the sampler does not evaluate.
 *
 * uint64_t unusual_spin(uint64_t rounds): its loop lies under more remembered states than the
 * sampler's unwinder keeps (CFI_REMEMBER_DEPTH), so that its samples are walked by libunwind in
 * the collector.
 */
        .text
        .globl  unusual_spin
        .type   unusual_spin, @function
unusual_spin:
        .cfi_startproc
        push    %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        .rept   6
        .cfi_remember_state
        nop
        .cfi_def_cfa_offset 16
        .endr
        xor     %eax, %eax
1:      add     %rdi, %rax
        ror     $7, %rax
        dec     %rdi
        jnz     1b
        .rept   6
        .cfi_restore_state
        .endr
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        .cfi_endproc
        .size   unusual_spin, .-unusual_spin

        .section .note.GNU-stack, "", @progbits
