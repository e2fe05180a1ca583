mod canary;
mod columns;
mod imports;
mod kms;
mod rotate;
