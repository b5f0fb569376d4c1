/* A list. */
#include <stdlib.h>

#define LIST_MAX 100
#define list_for_each(pos, head) \
	for (pos = (head)->next; pos; pos = pos->next)

struct node;

/* One element. */
struct node {
	struct node *next;
	int values[4], count;
	void (*free)(struct node *self);
	union {
		int number;
		char *text;
	} as;
};

typedef struct {
	struct node *head;
} list_t;

typedef struct pair { int a, b; } pair_t;
typedef int (*compare_fn)(const void *, const void *);
typedef unsigned long ulong_t;

enum color { RED, GREEN = 2, BLUE };

static const char *const names[] = { "red", "green" };
int counter = 0;
extern struct node *first, *last;

int list_length(const list_t *list);

/*
 * Makes a list.
 */
static inline struct node *
list_make(int count,
	  struct node **out)
{
	struct node *local = NULL;
	extern int hidden(void);
	return local;
}

static __printf(1, 2) void log_it(const char *format, ...)
{
}

#ifdef CONFIG_X
int variant(void) { return 1; }
#else
int variant(void) { return 2; }
#endif

EXPORT_SYMBOL(list_make);

void after(void) {}
