package embedded

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// enoughSharedMemory is the free space in /dev/shm, in bytes, under which
// parallel queries are better off with files: containers often have 64 MB.
const enoughSharedMemory = 256 << 20

// roomyMemory is the free space in /dev/shm, in bytes, from which on throw-away
// clusters go there: copying a test database of 300 files took 13 ms there and
// 125 ms on a disk.
const roomyMemory = 2 << 30

// workingIn lists the processes whose working folder is dir, and whether that
// could be found out. Those of other users are not seen, but a server on dir is
// always ours or we are root.
func workingIn(dir string) (pids []int, known bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, false
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		known = true
		if cwd, err := os.Readlink(filepath.Join("/proc", entry.Name(), "cwd")); err == nil && cwd == dir {
			pids = append(pids, pid)
		}
	}
	return pids, known
}

// smallSharedMemory says whether /dev/shm is missing or has little room.
func smallSharedMemory() bool { return freeSharedMemory() < enoughSharedMemory }

// memoryFolder is a folder kept in memory, with room and open to all; "" when
// there is none.
func memoryFolder() string {
	info, err := os.Stat(sharedMemory)
	if err != nil || info.Mode().Perm() != 0o777 || freeSharedMemory() < roomyMemory {
		return ""
	}
	return sharedMemory
}

// sharedMemory is Linux's folder in memory, writable by all.
const sharedMemory = "/dev/shm"

// freeSharedMemory is its free space in bytes; 0 when it is missing.
func freeSharedMemory() uint64 {
	var st syscall.Statfs_t
	if err := syscall.Statfs(sharedMemory, &st); err != nil {
		return 0
	}
	return st.Bavail * uint64(st.Bsize)
}
