/* Stands in for a library that Wine 8 lacks, for tests alone: random numbers by way of advapi32. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    const ULONG most = 1 << 16;
    for (SIZE_T done = 0; done < length;) {
        ULONG part = length - done < most ? (ULONG)(length - done) : most;
        if (!SystemFunction036(buffer + done, part))
            return FALSE;
        done += part;
    }
    return TRUE;
}
