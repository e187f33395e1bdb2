package ledger

// BreakSentLog makes every later append to sent.log fail, as a full disk would.
func BreakSentLog(l *Ledger) { l.sent.Close() }

// UnneededQuery is shown so that a test can ask how it is answered.
const UnneededQuery = unneededQuery

// Writing reports whether a transaction is begun, or waits for another process's.
func Writing(l *Ledger) bool { return l.write.Stats().InUse > 0 }
