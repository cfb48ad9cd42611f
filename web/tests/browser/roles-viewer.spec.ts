import { doesWhatItMay } from "./checks/roles";

doesWhatItMay("viewer");
