// libzip: archives of models.
#ifndef BRAID_CZIP_H
#define BRAID_CZIP_H

#include <zip.h>

#endif
