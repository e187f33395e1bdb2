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
// The program then opens a pool, has files checked, and has documents made of them:
//
//	pool, err := pdfprep.Open(ctx, pdfprep.Options{Documents: root, Store: dir})
//	defer pool.Close()
//	found, err := pool.Inspect(ctx, "avtaler/1042.pdf")
//	made, problems, err := pool.Prepare(ctx, []mailout.Source{found.Source, appendix})
//
// What is wrong with a file is a finding with a code and a remedy, never an error; an
// error means that nothing could be found out (the context ended, no worker starts,
// the store cannot be written).
//
// # Guarantees
//
//   - A file is opened below the documents' folder only, through symbolic links too,
//     and must be a regular file. It is read and checked once per path.
//   - A worker is given bytes, never a path. It has an empty environment, no descriptor
//     but its three pipes, a deadline for each file, on Linux a cap on its memory, no
//     core dumps and no files to write; it dies with its parent.
//   - A worker lives for many files. One that crashes, hangs or runs out of memory costs
//     its file a verdict and is replaced; a file whose worker had seen others before gets a
//     second, fresh one, so that a verdict does not depend on the neighbours.
//   - Nothing that a worker says reaches a message: it answers with codes and numbers.
//   - A document made of one file is a copy of its very bytes. A merged one has as many
//     pages as its sources together and was checked like an input.
//   - A prepared file is complete and synced before it has its name, Store/SHA256.pdf.
//     The same sources are merged once per pool. Merging is not deterministic: keep the
//     result's digest beside [Pool.Recipe] and do not merge again.
package pdfprep
