/* A statically defined probe with a semaphore, "lunette:tick", as <sys/sdt.h> would write it. For
 * each line of input the probe is passed and the semaphore is printed: how many trace it. */
#include <stdio.h>

volatile unsigned short tick_semaphore __attribute__((section(".probes"))) = 0;

__asm__(".text\n"
	".globl tick\n"
	".type tick, @function\n"
	"tick: nop\n"
	"ret\n"
	".size tick, . - tick\n"
	".pushsection .note.stapsdt, \"\", \"note\"\n"
	".balign 4\n"
	".4byte 2f - 1f, 4f - 3f, 3\n"
	"1: .asciz \"stapsdt\"\n"
	"2: .balign 4\n"
	"3: .8byte tick\n"
	".8byte base\n"
	".8byte tick_semaphore\n"
	".asciz \"lunette\"\n"
	".asciz \"tick\"\n"
	".asciz \"\"\n"
	"4: .balign 4\n"
	".popsection\n"
	".pushsection .stapsdt.base, \"a\", \"progbits\"\n"
	"base: .space 1\n"
	".popsection\n");

void tick(void);

int main(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		tick();
		printf("%u\n", tick_semaphore);
		fflush(stdout);
	}
	return 0;
}
