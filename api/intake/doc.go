// Package intake takes in what other systems hold: CSV files of Cagette and CAMAP, reports of the Open Food Network as CSV
// and JSON, and any other table through a mapping of its columns.
//
// A file goes through five steps. It is read into rows of cells (encoding, separator, header), its columns are
// recognised, each row is understood by itself (numbers, sizes, what is kept out), what it names is found in the store or
// proposed, and the rows become orders of a sale. [Preview] shows all of that and writes nothing; [Import] does the same
// and puts the orders in one transaction, all or none.
//
// Who ordered is not kept: names, addresses and telephone numbers are dropped where they are read, and an order's reference
// is a hash of the system's own id of the customer, different in each sale. Rows without such an id are summed by pickup
// point and producer.
package intake
