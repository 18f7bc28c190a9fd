/* A function that begins with a statically defined probe, "lunette:began", as <sys/sdt.h> would
 * write it; the function after it has none. */
__asm__(".text\n"
	".globl probed\n"
	".type probed, @function\n"
	"probed: nop\n"
	"ret\n"
	".size probed, . - probed\n"
	".pushsection .note.stapsdt, \"\", \"note\"\n"
	".balign 4\n"
	".4byte 2f - 1f, 4f - 3f, 3\n"
	"1: .asciz \"stapsdt\"\n"
	"2: .balign 4\n"
	"3: .8byte probed\n"
	".8byte base\n"
	".8byte 0\n"
	".asciz \"lunette\"\n"
	".asciz \"began\"\n"
	".asciz \"\"\n"
	"4: .balign 4\n"
	".popsection\n"
	".pushsection .stapsdt.base, \"a\", \"progbits\"\n"
	"base: .space 1\n"
	".popsection\n");

int unprobed(void)
{
	return 1;
}

int main(void)
{
	return unprobed();
}
