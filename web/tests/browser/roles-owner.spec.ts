import { doesWhatItMay } from "./checks/roles";

doesWhatItMay("owner");
