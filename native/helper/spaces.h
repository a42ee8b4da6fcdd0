/* spaces.h: the two network namespaces of a lab and the thread's way between them. */

#ifndef HELPER_SPACES_H
#define HELPER_SPACES_H

/* Indices are PL_LAB_END_A and _B. */
typedef struct {
  int ns[2];    /* the network namespaces; -1 until they are made */
  int route[2]; /* an rtnetlink socket of each */
} spaces_t;

/* Makes the namespaces: as root plain ones, else inside a user namespace in which the
   caller is root.  0, or an errno with the step.  Ends with loopback up, IPv6 off for
   interfaces to come, and only the capabilities that are needed from then on. */
int spaces_make( spaces_t * self, char const ** step );

/* Moves the thread into the namespace of that end. 0, or an errno. */
int spaces_enter( spaces_t const * self, unsigned end, char const ** step );

#endif /* HELPER_SPACES_H */
