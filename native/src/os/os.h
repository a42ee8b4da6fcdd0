/* os.h: which of the two files of this folder speaks to the system.  linux.c does
   on Linux; portable.c takes POSIX only.  PL_PORTABLE asks for it on Linux, too. */

#ifndef PL_OS_H
#define PL_OS_H

#if defined( __linux__ ) && !defined( PL_PORTABLE )
#define PL_OS_LINUX (1)
#endif

#endif /* PL_OS_H */
