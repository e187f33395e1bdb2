// Package pdfprep decides whether PDFs are sendable and makes the documents that are
// sent. It never touches an input file.
//
// PDFs are hostile input: some hang a reader, some make it eat all memory, and neither
// can be recovered from inside a process. So everything that looks into a PDF happens
// in worker processes of this same binary. main hands over before it parses flags:
//
//	if len(os.Args) == 2 && os.Args[1] == pdfprep.WorkerArg {
//		os.Exit(pdfprep.RunWorker(os.Stdin, os.Stdout))
//	}
//
// The program then opens a pool and has documents made, as many at once as it likes:
//
//	pool, err := pdfprep.Open(ctx, pdfprep.Options{Documents: root, Store: dir, Books: ledger})
//	defer pool.Close()
//	made, err := pool.Make(ctx, []string{"følgebrev.pdf", "avtaler/1042.pdf"})
//
// What is wrong with a file is a finding with a code, a place and a remedy, never an error;
// an error means that nothing could be found out (the context ended, no worker starts,
// the store or the books cannot be written).
//
// # Guarantees
//
//   - A file is opened below the documents' folder only, through symbolic links too,
//     and must be a regular file. The bytes that are checked are the bytes that are named by
//     their digest, merged and stored. One that many documents have parts of is read, hashed
//     and checked once.
//   - A worker is given bytes, never a path. It has an empty environment, no descriptor
//     but its three pipes and a deadline for each file. On Linux it has a cap on its memory,
//     leaves no core dumps, can write no files, and dies with its parent. Elsewhere it
//     collects its garbage early, and ends after the file it is at when its parent is gone.
//   - A worker lives for many files. One that crashes, hangs or runs out of memory costs
//     its file a verdict and is replaced; a file whose worker had seen others before gets a
//     second, fresh one, so that a verdict does not depend on the neighbours. One that
//     somebody kills costs nothing.
//   - Nothing that a worker says reaches a message: it answers with codes and numbers.
//   - A verdict is in the books under the file's digest and the version of the checks, and
//     not found out again. One that a worker died of is not: another time it may live.
//   - A document made of one file is a copy of its very bytes. A merged one has as many
//     pages as its parts together, and nothing of their titles, bookmarks, tags or claims
//     to be PDF/A. Merging is not deterministic, so the books keep under the [Recipe] what
//     was made first, for everybody.
//   - A prepared file is complete and synced before it has its name, Store/SHA256.pdf, and
//     has its name before the books know it. What no batch needs is swept by the caller
//     ([List], [Remover]).
//   - Memory is bounded: so many bytes of inputs at once, whatever the number of files.
package pdfprep
