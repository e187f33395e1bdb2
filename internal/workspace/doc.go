// Package workspace finds the folder that a mail-out lives in, reads its batch.toml
// strictly, says where everything else stands, and holds the lock that makes one
// process the only one that talks to the portal.
//
//	ws, err := workspace.Find(".")     // this folder, or one above it, like git
//	if workspace.IsNone(err) { … }     // there is none: workspace.Init makes one
//	if err := ws.CheckFolder(); err != nil { … }
//	lock, err := ws.Lock()             // *Held says who has it
//	defer lock.Unlock()
//
// What it guarantees:
//
//   - A setting that was written is a setting that is obeyed: a key that is unknown or
//     stands twice, a value of the wrong kind or out of its bounds is an error. All of
//     them are found in one go, each with its line, its column and what to do.
//   - Every path in [Config] is absolute, or empty where the setting is absent. Those of
//     documents are the exception: they are slash-separated and stay below the documents'
//     folder.
//   - Init never writes over anything, and what it makes is closed to other users (0600,
//     folders 0700).
//   - Two holders of the lock cannot be, not even where somebody deletes the lock file;
//     a holder that was killed holds nothing. Beside it, everybody who plans shares a lock
//     of its own: who has that alone may clear away what plans have left behind.
//
// No message of this package holds a personal value: not of [[signers]], not of [test]
// persons, not the certificate's password.
package workspace
