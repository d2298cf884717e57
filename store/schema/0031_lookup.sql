-- What is looked up by a number alone, without the agency that its table is kept by.
CREATE UNIQUE INDEX receipt_paper_by_receipt ON receipt_paper (receipt_id);
CREATE INDEX transfer_by_bank_txn ON transfer (bank_txn);
