mod producer;
