package workspace

// Hold takes a lock of its own at path, as [Workspace.Lock] does for a ledger: the operating
// system lets go of it when the process ends, however it ends. Where another process has it
// the error is a *Held.
func Hold(path string) (*Lock, error) { return take(path, lockFile) }
