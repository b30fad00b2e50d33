/* SPDX-License-Identifier: MIT */
/*
 * assembly_x86_64.S - hand-written functions that save registers in unusual ways, with CFI.
 *
 * uint64_t assembly_spin(uint64_t rounds): pushes flags and registers, moves the stack pointer in
 * the middle of its loop, and names its CFA by a register other than rsp or rbp.
 * uint64_t assembly_leaf(uint64_t rounds): spins with no frame at all.
 */
        .text

        .globl  assembly_leaf
        .type   assembly_leaf, @function
assembly_leaf:
        .cfi_startproc
        mov     $1, %eax
        test    %rdi, %rdi
        jz      2f
1:      lea     (%rax,%rax,4), %rax
        inc     %rax
        dec     %rdi
        jnz     1b
2:      ret
        .cfi_endproc
        .size   assembly_leaf, .-assembly_leaf

        .globl  assembly_spin
        .type   assembly_spin, @function
assembly_spin:
        .cfi_startproc
        push    %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        push    %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        lea     24(%rsp), %r12          /* r12 is the CFA from here on */
        .cfi_def_cfa %r12, 0
        mov     %rdi, %rbx
        xor     %eax, %eax
        test    %rbx, %rbx
        jz      2f
1:      pushfq                          /* rsp moves; the CFA does not notice */
        push    %rax
        push    %rbx
        mov     $500, %edi
        sub     $8, %rsp
        and     $-16, %rsp
        call    assembly_leaf
        lea     -48(%r12), %rsp
        pop     %rbx
        pop     %rcx
        popfq
        add     %rcx, %rax
        dec     %rbx
        jnz     1b
2:      .cfi_def_cfa %rsp, 24
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        pop     %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        ret
        .cfi_endproc
        .size   assembly_spin, .-assembly_spin

        .section .note.GNU-stack, "", @progbits
