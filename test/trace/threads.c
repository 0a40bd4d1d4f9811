#include <pthread.h>
#include <stdlib.h>
#include <string.h>
static void *f(void *a){ char *p=malloc(300000); memset(p,1,300000); free(p); return a; }
int main(){ pthread_t t[40]; for(int k=0;k<3;k++){ for(int i=0;i<40;i++) pthread_create(&t[i],0,f,0); for(int i=0;i<40;i++) pthread_join(t[i],0);} return 0; }
