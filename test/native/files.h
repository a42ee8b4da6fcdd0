/* files.h: files and folders of a test. */

#ifndef TEST_FILES_H
#define TEST_FILES_H

#include <stdint.h>

/* A new folder for this process's files, made at the first use and removed with
   all it holds when the process ends. */
char const * files_folder( void );

/* The path of a file in that folder, in one of a few buffers used in turn. */
char const * files_path( char const * name );

/* A path in that folder that was not given out before. */
char const * files_new( void );

/* The whole file, to be freed; NULL when it cannot be read. */
uint8_t * file_read( char const * path, unsigned long * sz );

/* Writes a file anew.  1, or 0. */
int file_write( char const * path, void const * data, unsigned long sz );

/* Bytes of the file; -1 when it is not there. */
long file_sz( char const * path );

#endif /* TEST_FILES_H */
