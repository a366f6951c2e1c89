//go:build !linux

package embedded

// workingIn cannot tell on this system.
func workingIn(string) (pids []int, known bool) { return nil, false }

// smallSharedMemory is a matter of Linux containers.
func smallSharedMemory() bool { return false }

// memoryFolder is a matter of Linux.
func memoryFolder() string { return "" }
