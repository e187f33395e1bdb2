package ledger

// BreakSentLog makes every later append to sent.log fail, as a full disk would.
func BreakSentLog(l *Ledger) { l.sent.Close() }
