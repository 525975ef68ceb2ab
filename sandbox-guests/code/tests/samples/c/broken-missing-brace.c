#include <stdio.h>
#include <stdlib.h>

struct node {
    int value;
    struct node *next;
};

static struct node *push(struct node *head, int value)
{
    struct node *node = malloc(sizeof *node);
    if (!node) {
        perror("malloc");
        exit(EXIT_FAILURE);
    node->value = value;
    node->next = head;
    return node;
}

int main(void)
{
    struct node *head = NULL;
    for (int i = 0; i < 10; i++)
        head = push(head, i * i);
    while (head) {
        struct node *next = head->next;
        printf("%d\n", head->value);
        free(head);
        head = next;
    }
    return 0;
}
